#include "runtime/cgroup.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;

// The path of "/PARENT/LEAF" in a hierarchy.
stdfs::path group_path(const CgroupHierarchy& hierarchy, const std::string& group) {
  return hierarchy.mount / stdfs::path(group).relative_path();
}

// Our group in the hierarchy with these v1 controllers (or, when empty, the v2 one), as /proc/self/cgroup has it.
std::string own_group(std::string_view own_groups, const std::string& controllers) {
  for (const auto& line : base::split(own_groups, '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    if (line.substr(first + 1, second - first - 1) == controllers) return line.substr(second + 1);
  }
  return "/";
}

// The part of a v1 mount's super options that names the hierarchy: "memory", "cpu,cpuacct", "name=systemd".
std::vector<std::string> controllers_of(const std::string& super_options) {
  static const std::set<std::string> kNotControllers = {"rw", "ro", "xattr", "clone_children", "noprefix", "seclabel"};
  std::vector<std::string> names;
  for (const auto& option : base::split(super_options, ',')) {
    if (!kNotControllers.contains(option) && !option.starts_with("release_agent=")) names.push_back(option);
  }
  return names;
}

bool has(const CgroupHierarchy& hierarchy, std::string_view controller) {
  return std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), controller) !=
         hierarchy.controllers.end();
}

// A new v1 cpuset group has no CPUs and takes no process until it has: it gets its parent's.
void inherit_cpuset(const stdfs::path& group) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    if (!base::trim(fs::read_file(group / name)).empty()) continue;
    fs::write_control_file(group / name, base::trim(fs::read_file(group.parent_path() / name)));
  }
}

void make_group(const CgroupHierarchy& hierarchy, const std::string& group) {
  auto path = hierarchy.mount;
  for (const auto& part : stdfs::path(group).relative_path()) {
    path /= part;
    fs::make_directories(path, 0755);
    if (has(hierarchy, "cpuset")) inherit_cpuset(path);
  }
}

void add_processes(const stdfs::path& group, bool below, std::set<int>& pids) {
  const auto text = fs::read_file_if_exists(group / "cgroup.procs");
  if (!text) return;
  for (const auto& line : base::split(*text, '\n')) {
    int pid = 0;
    std::from_chars(line.data(), line.data() + line.size(), pid);
    if (pid > 0) pids.insert(pid);  // 0: a process of another PID namespace
  }
  if (!below) return;
  for (const auto& name : fs::list(group)) {
    if (fs::is_directory(group / name)) add_processes(group / name, below, pids);
  }
}

bool remove_folder(const stdfs::path& path) {
  try {
    fs::remove(path);
    return true;
  } catch (const base::Error& error) {
    base::log::debug("cgroup {} stays: {}", path.string(), error.message());
    return false;
  }
}

// Looks into it only where it does not go: a look at each of its files costs more than all else.
bool remove_group(const stdfs::path& path) {
  if (remove_folder(path)) return true;
  for (const auto& name : fs::list(path)) {
    if (fs::is_directory(path / name)) remove_group(path / name);
  }
  return remove_folder(path);
}

}  // namespace

std::vector<CgroupHierarchy> parse_cgroup_hierarchies(std::string_view mountinfo, std::string_view own_groups) {
  std::vector<CgroupHierarchy> hierarchies;
  for (const auto& line : base::split(mountinfo, '\n')) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto mount = base::split(std::string_view(line).substr(0, dash), ' ');
    const auto filesystem = base::split(std::string_view(line).substr(dash + 3), ' ');
    if (mount.size() < 6 || filesystem.size() < 3) continue;
    // Mounted twice (bind mounts), a hierarchy counts once; covered by another file system, not at all: the last mount
    // is the visible one.
    std::erase_if(hierarchies, [&](const CgroupHierarchy& other) { return other.mount == mount[4]; });
    const bool v2 = filesystem[0] == "cgroup2";
    if (!v2 && filesystem[0] != "cgroup") continue;
    CgroupHierarchy hierarchy;
    hierarchy.mount = mount[4];
    hierarchy.v2 = v2;
    if (!v2) hierarchy.controllers = controllers_of(filesystem[2]);
    hierarchy.at_root = own_group(own_groups, base::join(hierarchy.controllers, ",")) == "/";
    hierarchies.push_back(std::move(hierarchy));
  }
  return hierarchies;
}

Cgroups::Cgroups()
    : hierarchies_(
          parse_cgroup_hierarchies(fs::read_file("/proc/self/mountinfo"), fs::read_file("/proc/self/cgroup"))) {}

void Cgroups::adopt(int pid, const std::string& group) const {
  for (const auto& hierarchy : hierarchies_) {
    if (hierarchy.at_root) continue;  // nobody ends the root group
    try {
      make_group(hierarchy, group);
      fs::write_control_file(group_path(hierarchy, group) / "cgroup.procs", std::to_string(pid));
    } catch (const base::Error& error) {
      base::log::info("process {} stays in its control group in {}: {}", pid, hierarchy.mount.string(),
                      error.message());
    }
  }
}

std::optional<Cgroups::Found> Cgroups::find(const std::string& group, std::string_view controller) const {
  std::optional<Found> found;
  for (const auto& hierarchy : hierarchies_) {
    if (!hierarchy.v2 && !has(hierarchy, controller)) continue;
    const auto folder = group_path(hierarchy, group);
    if (!fs::is_directory(folder)) continue;
    if (!hierarchy.v2) return Found{folder, false};
    found = Found{folder, true};
  }
  return found;
}

stdfs::path Cgroups::v2_root() const {
  for (const auto& hierarchy : hierarchies_) {
    if (hierarchy.v2) return hierarchy.mount;
  }
  return {};
}

std::vector<int> Cgroups::processes(const std::string& group, bool below) const {
  std::set<int> pids;
  for (const auto& hierarchy : hierarchies_) add_processes(group_path(hierarchy, group), below, pids);
  return {pids.begin(), pids.end()};
}

bool Cgroups::remove(const std::string& group) const {
  bool all = true;
  for (const auto& hierarchy : hierarchies_) all = remove_group(group_path(hierarchy, group)) && all;
  return all;
}

}  // namespace davit::runtime
