"""davit completion: the scripts in real shells, and what they are answered."""

import subprocess
import time

import pytest
from testing import images
from testing.davit import PROGRAM

BASH = r"""
source <("$DAVIT" completion bash)
davit() { "$DAVIT" "$@"; }
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
# Splits a line at the word breaks as readline does, and asks the function that is registered.
complete_line() {
  COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() COMPREPLY=()
  local rest=$1
  while [[ $rest =~ ^[[:space:]]*([:=]+|[^[:space:]:=]+)(.*)$ ]]; do
    COMP_WORDS+=("${BASH_REMATCH[1]}"); rest=${BASH_REMATCH[2]}
  done
  [[ $1 == *[[:space:]:=] ]] && COMP_WORDS+=("")
  COMP_WORDS[0]=$DAVIT
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _davit
  printf '%s\n' "${COMPREPLY[@]}"
}
complete -p davit | grep -q -- '-F _davit' || exit 9
complete_line "$LINE"
"""

ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= PROMPT=; autoload -U compinit; compinit -u -d $TMPDIR/zcompdump; unsetopt beep; setopt nolistambiguous; LISTMAX=0; stty columns 200"
zpty -w shell "fpath=($TMPDIR/site \$fpath); path=($BIN \$path); compinit -u -d $TMPDIR/zcompdump; zstyle ':completion:*' list-colors ''; echo RE''ADY"
zpty -r -m shell seen '*READY*' || exit 8
zpty -w -n shell "$LINE"$'\t\t'
sleep 0.2
zpty -w -n shell $'\C-u'" echo DO''NE"$'\n'
zpty -r -m shell answer '*DONE*'
print -r -- "$answer"
"""


@pytest.fixture
def store(davit, registry, folder):
    """A store with images and a container; `davit` is on the path."""
    for name in ("team/app:1.0.0", "team/app:1.1.0", "other:1"):
        davit("pull", "-q", registry.push_busybox(name, text=name))
        davit("tag", f"{registry.address}/{name}", name)
    davit("run", "--name", "web1", "team/app:1.0.0", "true")
    (folder / "bin").mkdir()
    (folder / "bin/davit").symlink_to(PROGRAM)
    davit.environment |= {"DAVIT_ROOT": str(davit.root), "PATH": f"{folder}/bin:{davit.environment['PATH']}", "TERM": "xterm"}
    return davit


def in_bash(davit, line, root=None):
    run = subprocess.run(["bash", "--norc", "-c", BASH], env=davit.environment | {"LINE": line, "DAVIT": str(PROGRAM)}, cwd=davit.folder, capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run
    return [line for line in run.stdout.splitlines() if line]


@pytest.mark.parametrize("line, answer", [
    ("davit pu", ["pull", "push"]),
    ("davit image hi", ["history"]),
    ("davit rmi ot", ["other:1"]),
    ("davit rmi other:", ["1"]),  # readline holds "other:" to be there already
    ("davit rmi team/app:1.1", ["1.1.0"]),
    ("davit rmi team/", ["team/app:1.0.0", "team/app:1.1.0"]),
    ("davit rm ", ["web1"]),
    ("davit run --pull=m", ["missing"]),
    ("davit run --pull a", ["always"]),
    ("davit run --name x --pull never oth", ["other:1"]),
    ("davit run other:1 o", []),
    ("davit nosuch ", []),
    ("davit completion z", ["zsh"]),
])
def test_bash(store, line, answer):
    assert in_bash(store, line) == answer


def test_bash_completes_files(store):
    (store.folder / "archive.tar").write_text("")
    assert in_bash(store, "davit import arch") == ["archive.tar"]
    assert in_bash(store, "davit --config arch") == ["archive.tar"]


def test_fish(store):
    script = f"{PROGRAM} completion fish | source; complete -C (printf %s $LINE)"

    def ask(line):
        run = subprocess.run(["fish", "--no-config", "-c", script], env=store.environment | {"LINE": line}, cwd=store.folder, capture_output=True, text=True)
        assert run.returncode == 0 and run.stderr == "", run
        return [line.split("\t")[0] for line in run.stdout.splitlines()]

    assert ask("davit pu") == ["pull", "push"]
    assert ask("davit rmi team/app:1.1") == ["team/app:1.1.0"]
    assert ask("davit run --pull=m") == ["--pull=missing"]
    assert ask("davit rm ") == ["web1"]
    (store.folder / "archive.tar").write_text("")
    assert ask("davit import arch") == ["archive.tar"]
    assert ask("davit nosuch ") == []


def test_zsh(store):
    (store.folder / "site").mkdir()
    (store.folder / "site/_davit").write_text(store("completion", "zsh").stdout)

    def ask(line):
        run = subprocess.run(["zsh", "-f", "-c", ZSH], env=store.environment | {"LINE": line, "BIN": str(store.folder / "bin")}, cwd=store.folder,
                             capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run
        return run.stdout.replace("\r", "")

    pulls = ask("davit pu")
    assert "pull  -- Download" in pulls and "push  -- Upload" in pulls, pulls
    assert "davit rmi team/app:1.1.0" in ask("davit rmi team/app:1.1")
    assert "davit rm web1" in ask("davit rm ")
    assert "davit run --pull=missing" in ask("davit run --pull=m")


def test_it_makes_no_store_and_says_nothing(davit, folder):
    for words in (["rmi", ""], ["rm", ""], ["inspect", "x"], ["login", ""], []):
        answer = davit("internal", "complete", "--", *words)
        assert answer.output == "", words
    assert not davit.root.exists()
    (folder / "davit.toml").write_text("not [toml\n")
    assert davit("internal", "complete", "--", "--config", folder / "davit.toml", "rmi", "").output == ""
    davit.root.mkdir()
    (davit.root / "something").write_text("else")
    assert davit("internal", "complete", "--", "rmi", "").output == ""
    (davit.root / "version").write_text("davit store 999\nid 00000000000000000000000000000000\n")
    assert davit("internal", "complete", "--", "rmi", "").output == ""


def test_it_reads_the_store_that_the_line_names(store, registry):
    other = store.another("second")
    reference = registry.push_busybox("elsewhere:1")
    other("pull", "-q", reference)
    assert reference in store("internal", "complete", "--", "--root", other.root, "rmi", "").stdout
    assert reference not in store("internal", "complete", "--", "rmi", "").stdout


def test_answers_carry_what_they_are(store):
    lines = store("internal", "complete", "--", "rmi", "other").lines
    assert lines == [f"other:1\t{store.id_of('other:1').removeprefix('sha256:')[:12]}"]
    prefix = store.id_of("other:1").removeprefix("sha256:")[:5]
    assert store("internal", "complete", "--", "rmi", prefix).lines == [f"{store.id_of('other:1').removeprefix('sha256:')[:12]}\timage"]


def test_unknown_shell(davit):
    assert davit("completion", "tcsh", code=1).stderr == "no completion for the shell 'tcsh': use bash, zsh or fish\n"
