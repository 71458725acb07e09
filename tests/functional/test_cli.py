"""The command line itself: help, unknown commands and flags, version, info."""

import re

import pytest

COMMANDS = ["pull", "push", "images", "inspect", "history", "tag", "rmi", "import", "login", "logout", "tags", "run", "ps", "stop", "rm", "info", "version"]


def test_version_is_one_line(davit):
    printed = davit("--version")
    assert re.fullmatch(r"[Dd]avit version \d+\.\d+\.\d+(?:, build \w+)?\n", printed.stdout)
    assert davit("-v").stdout == printed.stdout


def test_version_and_help_touch_no_store(davit):
    for arguments in (["--version"], ["--help"], ["pull", "--help"], []):
        davit(*arguments)
    assert not davit.root.exists()


def test_version_command_tells_version_and_platform(davit):
    text = davit("version").stdout
    assert re.search(r"Version: +\d+\.\d+\.\d+", text) and "linux/amd64" in text


def test_info_tells_what_was_probed_and_why(davit):
    text = davit("info").stdout
    assert str(davit.root) in text
    assert re.search(r"^Storage Driver: (erofs|overlay)\n Why: \S", text, re.M)
    runtime = next(line for line in text.splitlines() if re.search(r"Runtime", line))
    assert re.search(r"\b(crun|runc)\b", runtime)


def test_info_tells_what_containers_get(davit):
    text = davit("info").stdout
    assert re.search(r"^Cgroup Driver: (cgroupfs|systemd)\nCgroup Version: [12]\nCgroup Parent: /davit-[0-9a-f]{12}\nInit Binary: /\S+$", text, re.M)
    assert re.search(r"^Security Options:\n( apparmor\n)? seccomp\n  Profile: builtin$", text, re.M)
    assert davit("info", "--format", "{{.CgroupDriver}} {{json .SecurityOptions}}").stdout.endswith('"name=seccomp,profile=builtin"]\n')


def test_help_lists_every_command(davit):
    text = davit("--help").stdout
    assert text.startswith("Usage:  davit [OPTIONS] COMMAND\n")
    assert "Run 'davit COMMAND --help' for more information on a command." in text
    listed = set(re.findall(r"^  ([a-z]+) ", text, re.M))
    assert set(COMMANDS) <= listed
    for option in ("--root", "--config", "--log-level", "--debug", "--version"):
        assert option in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_dockers_layout(davit, command):
    text = davit(command, "--help").stdout
    assert re.match(rf"Usage:  davit {command}\b.*\n\n[A-Z].*\n", text)
    assert davit(command, "--help").stderr == ""
    for line in text.splitlines():
        assert line == line.rstrip() and "\t" not in line


def test_help_of_pull_is_as_dockers(davit):
    text = davit("pull", "--help").stdout
    assert text.startswith("Usage:  davit pull [OPTIONS] NAME[:TAG|@DIGEST]")
    assert re.search(r"^Options:\n  -a, --all-tags .*\n      --platform string   Set platform .*\n(?: +.*\n)?  -q, --quiet             Suppress verbose output$", text, re.M)


def test_unknown_command(davit):
    failed = davit("nosuch", code=1)
    assert failed.stderr == "davit: unknown command: davit nosuch\n\nRun 'davit --help' for more information\n"


def test_unknown_flag(davit):
    failed = davit("pull", "--nosuch", "x", code=125)
    assert re.fullmatch(r"unknown flag: --nosuch\n\nUsage:  davit pull \[OPTIONS\] .*\n\nRun 'davit pull --help' for more information\n", failed.stderr)
    assert davit("--nosuch", code=125).stderr.startswith("unknown flag: --nosuch\n\nUsage:  davit [OPTIONS] COMMAND [ARG...]\n")


@pytest.mark.parametrize("command, words", [
    ("rmi", "'davit rmi' requires at least 1 argument"), ("run", "'davit run' requires at least 1 argument"), ("rm", "'davit rm' requires at least 1 argument"),
    ("stop", "'davit stop' requires at least 1 argument"), ("tag", "'davit tag' requires 2 arguments"), ("push", "'davit push' requires 1 argument"),
    ("import", "'davit import' requires at least 1 argument"),
])
def test_missing_arguments(davit, command, words):
    failed = davit(command, code=1)
    assert failed.stderr.startswith(f"davit: {words}\n\nUsage:  davit {command} ")
    verb = "See" if "at least" in words else "Run"
    assert failed.stderr.endswith(f"\n\n{verb} 'davit {command} --help' for more information\n")


def test_ps_accepts_no_arguments(davit):
    assert davit("ps", "x", code=1).stderr == \
        "davit: 'davit ps' accepts no arguments\n\nUsage:  davit ps [OPTIONS]\n\nRun 'davit ps --help' for more information\n"


def test_root_by_environment(davit, folder):
    davit("images", env={"DAVIT_ROOT": str(folder / "elsewhere")})  # the option wins
    assert not (folder / "elsewhere").exists()
    import subprocess
    from testing.davit import PROGRAM
    subprocess.run([PROGRAM, "images"], check=True, env=davit.environment | {"DAVIT_ROOT": str(folder / "elsewhere")}, capture_output=True)
    assert (folder / "elsewhere").is_dir()


def test_store_folders_are_the_users_alone(davit):
    davit("images")
    assert davit.root.stat().st_mode & 0o777 == 0o700


def test_log_level_is_checked(davit):
    assert "nosuch" in davit("--log-level", "nosuch", "images", code=None).stderr


def test_debug_shows_the_chain_of_causes(davit, registry):
    reference = f"{registry.address}/team/app:nosuch"
    short, long = davit("pull", reference, code=1), davit("--debug", "pull", reference, code=1)
    assert len(short.stderr.splitlines()) == 1
    assert re.search(r"^\s+while ", long.stderr, re.M)


def test_config_file_that_is_wrong_is_named(davit, folder):
    (folder / "davit.toml").write_text("this is [not toml\n")
    failed = davit("--config", folder / "davit.toml", "images", code=None)
    assert failed.code != 0 and "davit.toml" in failed.stderr
    missing = davit("--config", folder / "nosuch.toml", "images", code=None)
    assert missing.code != 0 and "nosuch.toml" in missing.stderr


def test_program_help_has_dockers_groups(davit):
    text = davit("--help").stdout
    heads = re.findall(r"^([A-Z][A-Za-z ]+):$", text, re.M)
    assert heads == ["Common Commands", "Management Commands", "Commands", "Global Options"]
    common, management = text.split("Common Commands:\n")[1].split("Management Commands:\n")
    assert re.findall(r"^  (\w+) ", common, re.M)[:3] == ["run", "exec", "ps"]
    assert re.search(r"^  image  +Manage images$", management, re.M)
    assert davit().stderr == text and davit().stdout == ""  # without a command, on standard error, as docker


def test_help_word(davit):
    assert davit("help").stdout == davit("--help").stdout
    assert davit("help", "pull").stdout == davit("pull", "--help").stdout
    assert davit("help", "image", "ls").stdout == davit("image", "ls", "--help").stdout
    assert davit("help", "image").stdout == davit("image", "--help").stdout
    for words in (["nosuch"], ["image", "nosuch"], ["image", "pull", "nosuch"], ["pull", "nosuch"]):
        assert davit("help", *words, code=1).stderr == "unknown help topic: nosuch\n"


def test_group_alone_prints_its_help_on_standard_error(davit):
    text = davit("image", "--help").stdout
    assert text.startswith("Usage:  davit image COMMAND\n\nManage images\n\nCommands:\n")
    assert text.endswith("\nRun 'davit image COMMAND --help' for more information on a command.\n")
    alone = davit("image")
    assert (alone.stdout, alone.stderr) == ("", text)


def test_aliases_are_shown_as_dockers(davit):
    for name in ("images", "image ls", "image list"):
        text = davit(*name.split(), "--help").stdout
        assert text.startswith(f"Usage:  davit {name} [OPTIONS] [REPOSITORY[:TAG]]\n")
        assert "\nAliases:\n  davit image ls, davit image list, davit images\n" in text


def test_unknown_command_of_a_group(davit):
    assert davit("image", "nosuch", code=1).stderr == \
        "davit: unknown command: davit image nosuch\n\nUsage:  davit image\n\nRun 'davit image --help' for more information\n"
    assert davit("image", "--nosuch", code=125).stderr == \
        "unknown flag: --nosuch\n\nUsage:  davit image\n\nRun 'davit image --help' for more information\n"


def test_mistyped_command_is_answered_by_a_suggestion(davit):
    assert davit("imags", code=1).stderr == \
        "davit: unknown command: davit imags\n\nDid you mean this?\n\timage\n\timages\n\nRun 'davit --help' for more information\n"
    assert "Did you mean this?\n\thistory\n" in davit("image", "histroy", code=1).stderr
