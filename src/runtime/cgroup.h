#pragma once
// Control groups as the kernel's file system shows them (cgroupfs): v1, v2, and v1 with v2 beside it.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::runtime {

// One mounted hierarchy and where in it we are.
struct CgroupHierarchy {
  std::filesystem::path mount;  // "/sys/fs/cgroup/memory"
  bool v2 = false;
  std::vector<std::string> controllers;  // of v1: "memory"; "cpu", "cpuacct"; "name=systemd"
  bool at_root = true;                   // we are in its root group
  bool operator==(const CgroupHierarchy&) const = default;
};

// From the text of /proc/self/mountinfo and /proc/self/cgroup.
std::vector<CgroupHierarchy> parse_cgroup_hierarchies(std::string_view mountinfo, std::string_view own_groups);

class Cgroups {
 public:
  Cgroups();  // of this machine, as this process sees it
  explicit Cgroups(std::vector<CgroupHierarchy> hierarchies) : hierarchies_(std::move(hierarchies)) {}

  // Moves a process into `group` ("/PARENT/conmon") in each hierarchy in which we are not in the root group, so that it
  // outlives the group of whoever called us. Where that is refused the process stays: logged, no error.
  void adopt(int pid, const std::string& group) const;

  // The group's folder in the hierarchy of a controller, named as v1 has it ("memory", "cpuacct", "blkio", "pids"),
  // else in v2's. Nothing when the group is in neither.
  struct Found {
    std::filesystem::path folder;
    bool v2 = false;
  };
  std::optional<Found> find(const std::string& group, std::string_view controller) const;

  // Where v2's hierarchy is mounted; empty without one.
  std::filesystem::path v2_root() const;

  // The processes in the group, in any hierarchy, each once, by PID. Empty when there is no such group. With `below`
  // also those of the groups that the container made inside its own.
  std::vector<int> processes(const std::string& group, bool below = false) const;

  // Removes the group and groups below it from every hierarchy. False when one stays, as it still has processes.
  // Idempotent.
  bool remove(const std::string& group) const;

 private:
  std::vector<CgroupHierarchy> hierarchies_;
};

}  // namespace davit::runtime
