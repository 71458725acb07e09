#define _GNU_SOURCE
// Tries system calls, each in a process of its own, and tells what came of it: "64:41 EPERM". With arguments that no call
// takes, so that none does anything. Static: it runs in any image.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define X32 0x40000000L
enum { LAST = 470 };

static long by_int80(long number, long first) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L) : "memory");
  return result;
}

static long by_syscall(long number, long first) {
  const long result = syscall(number, first, -1L, -1L, -1L, -1L, -1L);
  return result == -1 ? -errno : result;
}

static void try(const char *kind, long number, long first, long (*call)(long, long)) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const long result = call(number, first);
    _exit(result < 0 && result > -200 ? (int)-result : 0);
  }
  // Some wait for ever, and block the signals that would end them.
  struct pollfd ended = {(int)syscall(SYS_pidfd_open, child, 0), POLLIN, 0};
  if (poll(&ended, 1, 500) == 0) kill(child, SIGKILL);
  close(ended.fd);
  int status;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    printf("%s:%ld signal %d\n", kind, number, WTERMSIG(status));
  } else {
    printf("%s:%ld %s\n", kind, number, WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "ok");
  }
}

int main(void) {
  // What a child would not come back from, or stops all others.
  const long skip64[] = {SYS_fork, SYS_vfork, SYS_rt_sigreturn, SYS_reboot, SYS_kill, SYS_vhangup, SYS_sync};
  const long skip32[] = {2, 190, 119, 173, 37, 88, 111, 36};  // fork vfork sigreturn rt_sigreturn kill reboot vhangup sync
  for (long number = 0; number <= LAST; ++number) {
    int skipped = 0;
    for (unsigned i = 0; i < sizeof skip64 / sizeof *skip64; ++i) skipped |= number == skip64[i];
    if (!skipped) {
      try("64", number, -1, by_syscall);
      try("x32", number | X32, -1, by_syscall);
    }
    skipped = 0;
    for (unsigned i = 0; i < sizeof skip32 / sizeof *skip32; ++i) skipped |= number == skip32[i];
    if (!skipped) try("32", number, -1, by_int80);
  }
  const long flags[] = {0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000};
  for (unsigned i = 0; i < sizeof flags / sizeof *flags; ++i) {
    char name[40];
    // Flags that clone(2) refuses by themselves: a thread without its memory.
    snprintf(name, sizeof name, "clone-%lx", flags[i]);
    try(name, SYS_clone, flags[i] | 0x10000, by_syscall);
    snprintf(name, sizeof name, "clone32-%lx", flags[i]);
    try(name, 120, flags[i] | 0x10000, by_int80);
  }
  const long domains[] = {0, 8, 0x20000, 0x20008, 0xffffffff, 1, 0x40000, 0x0400000, 0x20009};
  for (unsigned i = 0; i < sizeof domains / sizeof *domains; ++i) {
    char name[40];
    snprintf(name, sizeof name, "personality-%lx", domains[i]);
    try(name, SYS_personality, domains[i], by_syscall);
    snprintf(name, sizeof name, "personality32-%lx", domains[i]);
    try(name, 136, domains[i], by_int80);
  }
  return 0;
}
