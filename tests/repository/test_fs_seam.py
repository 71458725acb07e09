"""base/fs is the only code that changes files, base/process the only code that starts processes: no call elsewhere, so that
every such call passes the seam at which tests inject failures and crashes."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Calls with a C linkage name, as a word before "(", with or without "::" before it, but not as a member or in another
# namespace (fs::rename, file.write).
_FILE_CALLS = """
    open openat openat2 creat open64 mkstemp mkostemp mkdtemp mkstemps tmpfile fopen fdopen freopen
    write pwrite pwrite64 writev pwritev copy_file_range sendfile splice ftruncate truncate fallocate posix_fallocate
    fsync fdatasync syncfs sync_file_range rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir
    mkdir mkdirat mknod mknodat mkfifo mkfifoat chmod fchmod fchmodat chown fchown lchown fchownat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr utimensat futimens utimes
    mount umount umount2 fsopen fsconfig fsmount move_mount open_tree mount_setattr pivot_root
""".split()
# Words that functions of ours may bear too: of these only `::open(` is a system call for sure.
_SHARED_WORDS = set("open write truncate rename link unlink mount umount clone copy remove".split())
_PROCESS_CALLS = "fork vfork clone clone3 system popen posix_spawn posix_spawnp execv execve execvp execvpe execl execlp execle".split()
_FILESYSTEM = """
    create_directory create_directories create_symlink create_directory_symlink create_hard_link copy copy_file copy_symlink
    remove remove_all rename resize_file permissions last_write_time
""".split()

_STREAMS = re.compile(r"\b(?:std::)?(?:ofstream|fstream|basic_ofstream|filebuf)\b")
_STD_FILESYSTEM = re.compile(r"\b(?:std::filesystem|stdfs)::(%s)\s*\(" % "|".join(_FILESYSTEM))
_SYSCALL = re.compile(r"\bSYS_(\w+)|\b__NR_(\w+)")


def _c_calls(names):
    shared, own = [n for n in names if n in _SHARED_WORDS], [n for n in names if n not in _SHARED_WORDS]
    return re.compile(r"(?<![\w.>:])(?:::(?:%s)|(?:::)?(?:%s))\s*\(" % ("|".join(shared or ["$"]), "|".join(own)))


_FILES, _PROCESSES = _c_calls(_FILE_CALLS), _c_calls(_PROCESS_CALLS)


def without_comments_and_strings(text):
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def findings(text, allow_files=False, allow_processes=False):
    """(line number, call) of each call that belongs elsewhere. A declaration of a function of ours is no call: it has a type
    before its name."""
    found = []
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        matches = []
        if not allow_files:
            matches += [*_FILES.finditer(line), *_STREAMS.finditer(line), *_STD_FILESYSTEM.finditer(line)]
            matches += [m for m in _SYSCALL.finditer(line) if (m[1] or m[2]) in _FILE_CALLS]
        if not allow_processes:
            matches += _PROCESSES.finditer(line)
        for match in matches:
            before = line[:match.start()].rstrip()
            declared = re.search(r"(?:\b(?!return|throw|else|co_return|case)\w+|[>&*])$", before) and not before.endswith(("&&", "||"))
            if match.re in (_FILES, _PROCESSES) and declared:
                continue
            found.append((number, match[0].strip(" (")))
    return found


def test_only_base_fs_changes_files_and_only_base_starts_processes():
    wrong = []
    for file in sorted((ROOT / "src").rglob("*")):
        name = str(file.relative_to(ROOT))
        if file.suffix not in (".h", ".cpp") or file.stem.endswith(("_test", "_testing")):
            continue
        in_base = name.startswith("src/base/")
        for line, call in findings(file.read_text(), allow_files=name.startswith("src/base/fs/"), allow_processes=in_base):
            if (name, call) not in ALLOWED:
                wrong.append(f"{name}:{line}: {call}")
    assert not wrong, "\n".join(wrong)


# (file, call) of what is no change of a file although it looks like one, each with its reason.
ALLOWED = {
    ("src/base/process.cpp", "::write"): "to a pipe",
    ("src/base/process.cpp", "::open"): "/dev/null, between fork and exec",
    ("src/base/pipe.cpp", "::write"): "to a pipe",
    ("src/cli/progress_terminal.cpp", "::write"): "to a terminal",
    ("src/base/log.cpp", "::write"): "to standard error",
}


def test_the_lint_sees_what_it_must():
    for bad in ("::unlink(path);", "if (::rename(a, b) < 0)", "return ::open(p, O_RDONLY);", "std::ofstream out(p);", "const int fd = ::open(p);",
                "std::filesystem::create_directories(p);", "syscall(SYS_renameat2, 1);", "pid = fork();", 'system("x");', "a && unlinkat(f, p, 0);"):
        assert findings(bad), bad
    for good in ("fs::rename(a, b);", "write(level, text);", "sink.write(x);", "file->write(x);", "void write(ByteView bytes) override;", "// open(x)",
                 'throw Error("open(x)");', "std::filesystem::exists(p)", "bool remove(int x);", "base::fs::make_directories(p);"):
        assert not findings(good), good
