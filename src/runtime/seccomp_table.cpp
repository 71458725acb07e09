#include "runtime/seccomp_table.h"

namespace davit::runtime {

namespace {

using enum RefusedBy;

constexpr RefusedCall kRefused[] = {
    // Mounts and namespaces.
    {"mount", "CAP_SYS_ADMIN", kRuntime, 165, 21},
    {"umount", "CAP_SYS_ADMIN", kRuntime, -1, 22},
    {"umount2", "CAP_SYS_ADMIN", kRuntime, 166, 52},
    {"pivot_root", {}, kRuntime, 155, 217},
    {"open_tree", "CAP_SYS_ADMIN", kRuntime, 428, 428},
    {"move_mount", "CAP_SYS_ADMIN", kRuntime, 429, 429},
    {"fsopen", "CAP_SYS_ADMIN", kRuntime, 430, 430},
    {"fsconfig", "CAP_SYS_ADMIN", kRuntime, 431, 431},
    {"fsmount", "CAP_SYS_ADMIN", kRuntime, 432, 432},
    {"fspick", "CAP_SYS_ADMIN", kRuntime, 433, 433},
    {"mount_setattr", "CAP_SYS_ADMIN", kRuntime, 442, 442},
    {"setns", "CAP_SYS_ADMIN", kRuntime, 308, 346},
    {"unshare", "CAP_SYS_ADMIN", kRuntime, 272, 310},
    {"sethostname", "CAP_SYS_ADMIN", kRuntime, 170, 74},
    {"setdomainname", "CAP_SYS_ADMIN", kRuntime, 171, 121},
    {"chroot", "CAP_SYS_CHROOT", kRuntime, 161, 61},
    {"name_to_handle_at", "CAP_SYS_ADMIN", kRuntime, 303, 341},
    // Keyrings, which know no namespaces.
    {"add_key", {}, kRuntime, 248, 286},
    {"keyctl", {}, kRuntime, 250, 288},
    {"request_key", {}, kRuntime, 249, 287},
    // Programs in the kernel (the runtime's device rules are one with cgroup v2).
    {"bpf", "CAP_SYS_ADMIN", kRuntime, 321, 357},
    // The machine: its time, modules, swap, restart, ports, quotas, log.
    {"clock_settime", "CAP_SYS_TIME", kEarly, 227, 264},
    {"clock_settime64", "CAP_SYS_TIME", kEarly, -1, 404},
    {"settimeofday", "CAP_SYS_TIME", kEarly, 164, 79},
    {"stime", "CAP_SYS_TIME", kEarly, -1, 25},
    {"init_module", "CAP_SYS_MODULE", kEarly, 175, 128},
    {"finit_module", "CAP_SYS_MODULE", kEarly, 313, 350},
    {"delete_module", "CAP_SYS_MODULE", kEarly, 176, 129},
    {"swapon", {}, kEarly, 167, 87},
    {"swapoff", {}, kEarly, 168, 115},
    {"reboot", "CAP_SYS_BOOT", kEarly, 169, 88},
    {"kexec_load", {}, kEarly, 246, 283},
    {"kexec_file_load", {}, kEarly, 320, -1},
    {"ioperm", "CAP_SYS_RAWIO", kEarly, 173, 101},
    {"iopl", "CAP_SYS_RAWIO", kEarly, 172, 110},
    {"quotactl", "CAP_SYS_ADMIN", kEarly, 179, 131},
    {"quotactl_fd", "CAP_SYS_ADMIN", kEarly, 443, 443},
    {"acct", "CAP_SYS_PACCT", kEarly, 163, 51},
    {"syslog", "CAP_SYS_ADMIN", kEarly, 103, 103, "CAP_SYSLOG"},
    {"vhangup", "CAP_SYS_TTY_CONFIG", kEarly, 153, 111},
    // Other processes, files by handle, events.
    {"kcmp", "CAP_SYS_PTRACE", kEarly, 312, 349},
    {"process_vm_readv", "CAP_SYS_PTRACE", kEarly, 310, 347},
    {"process_vm_writev", "CAP_SYS_PTRACE", kEarly, 311, 348},
    {"process_madvise", "CAP_SYS_PTRACE", kEarly, 440, 440},
    {"pidfd_getfd", "CAP_SYS_PTRACE", kEarly, 438, 438},
    {"open_by_handle_at", "CAP_DAC_READ_SEARCH", kEarly, 304, 342},
    {"fanotify_init", "CAP_SYS_ADMIN", kEarly, 300, 338},
    {"perf_event_open", "CAP_SYS_ADMIN", kEarly, 298, 336},
    {"lookup_dcookie", "CAP_SYS_ADMIN", kEarly, 212, 253},
    {"userfaultfd", {}, kEarly, 323, 374},
    // Memory of one node or another, keys of memory.
    {"get_mempolicy", "CAP_SYS_NICE", kEarly, 239, 275},
    {"mbind", "CAP_SYS_NICE", kEarly, 237, 274},
    {"set_mempolicy", "CAP_SYS_NICE", kEarly, 238, 276},
    {"migrate_pages", {}, kEarly, 256, 294},
    {"move_pages", {}, kEarly, 279, 317},
    {"pkey_alloc", {}, kEarly, 330, 381},
    {"pkey_free", {}, kEarly, 331, 382},
    {"pkey_mprotect", {}, kEarly, 329, 380},
    // Long out of use; of x86 alone most.
    {"sysfs", {}, kEarly, 139, 135},
    {"uselib", {}, kEarly, 134, 86},
    {"ustat", {}, kEarly, 136, 62},
    {"nice", {}, kEarly, -1, 34},
    {"oldstat", {}, kEarly, -1, 18},
    {"oldfstat", {}, kEarly, -1, 28},
    {"oldlstat", {}, kEarly, -1, 84},
    {"olduname", {}, kEarly, -1, 109},
    {"oldolduname", {}, kEarly, -1, 59},
    {"readdir", {}, kEarly, -1, 89},
    {"sgetmask", {}, kEarly, -1, 68},
    {"ssetmask", {}, kEarly, -1, 69},
    {"sigaction", {}, kEarly, -1, 67},
    {"signal", {}, kEarly, -1, 48},
    {"sigpending", {}, kEarly, -1, 73},
    {"sigsuspend", {}, kEarly, -1, 72},
    {"vm86", {}, kEarly, -1, 166},
    {"vm86old", {}, kEarly, -1, 113},
    // The same with x32's own numbers.
    {"kexec_load", {}, kEarly, 528, -1},
    {"process_vm_readv", "CAP_SYS_PTRACE", kEarly, 539, -1},
    {"process_vm_writev", "CAP_SYS_PTRACE", kEarly, 540, -1},
    {"move_pages", {}, kEarly, 533, -1},
};

}  // namespace

std::span<const RefusedCall> refused_calls() { return kRefused; }

}  // namespace davit::runtime
