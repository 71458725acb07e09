#pragma once
// Who makes control groups: the runtime itself (cgroupfs), or systemd, where it is the machine's and cgroup v2 is all
// there is. docs/adr/0075-cgroup-managers.md.

#include <filesystem>
#include <string>

#include "runtime/cgroup.h"

namespace davit::runtime {

enum class CgroupManager { kCgroupfs, kSystemd };

std::string name(CgroupManager manager);  // "cgroupfs", "systemd"

// `wanted` is "auto", "systemd" or "cgroupfs". auto takes systemd where it is PID 1 and /sys/fs/cgroup is v2's
// hierarchy. Throws Error(kInvalidArgument) for another word and Error(kNotSupported) for systemd where it is not
// PID 1. `root` is where /run, /proc and /sys are looked for; tests have one of their own.
CgroupManager choose_cgroup_manager(const std::string& wanted, const std::filesystem::path& root = "/");

// Where a container's group is.
struct CgroupPlace {
  std::string group;     // "/PARENT/ID", below each hierarchy's mount
  std::string oci_path;  // the same as the runtime takes it: with systemd "SLICE:davit:ID"
  bool operator==(const CgroupPlace&) const = default;
};

// `parent` is --cgroup-parent, or the store's own "/davit-1f2e3d4c5b6a", which with systemd stands for a slice of that
// name. Throws Error(kInvalidArgument) in docker's words where systemd takes no such parent.
CgroupPlace cgroup_place(CgroupManager manager, const std::string& parent, const std::string& id);

// The slice that stands for the store's own parent: "davit-1f2e3d4c5b6a.slice".
std::string slice_of(const std::string& parent);
// Where systemd has a slice: "/davit.slice/davit-1f2e3d4c5b6a.slice".
std::string slice_path(const std::string& slice);

// A process that lives on in a unit of its own when whoever started it is ended by his.
struct Scope {
  std::string name;   // "davit-conmon-ID.scope"
  std::string slice;  // "davit-1f2e3d4c5b6a.slice"
  int pid = 0;
};

// By the system's bus (org.freedesktop.systemd1, StartTransientUnit); returns when the process is there. Throws
// Error(kUnavailable) saying why it could not be.
void start_scope(const Scope& scope);

// Takes a process that is to outlive whoever called us out of his control group: into one for all such processes of the
// store (`parent` is its own), or into a scope of this name. Where that cannot be it stays: logged, no error.
void leave_callers_group(CgroupManager manager, const Cgroups& cgroups, const std::string& parent, int pid,
                         const std::string& scope);

}  // namespace davit::runtime
