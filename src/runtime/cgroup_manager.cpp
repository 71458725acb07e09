#include "runtime/cgroup_manager.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/conmon_process.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr const char* kSliceEnd = ".slice";
constexpr const char* kScopePrefix = "davit";

// As sd_booted(3) has it.
bool systemd_is_init(const stdfs::path& root) { return fs::is_directory(root / "run/systemd/system"); }

// v2's hierarchy has this file at its root, a tmpfs of v1's mount points has not.
bool is_unified(const stdfs::path& root) { return fs::exists(root / "sys/fs/cgroup/cgroup.controllers"); }

}  // namespace

std::string name(CgroupManager manager) { return manager == CgroupManager::kSystemd ? "systemd" : "cgroupfs"; }

CgroupManager choose_cgroup_manager(const std::string& wanted, const stdfs::path& root) {
  if (wanted == "cgroupfs") return CgroupManager::kCgroupfs;
  if (wanted == "auto") {
    return systemd_is_init(root) && is_unified(root) ? CgroupManager::kSystemd : CgroupManager::kCgroupfs;
  }
  if (wanted != "systemd") {
    throw Error::format(Code::kInvalidArgument, "cgroup_manager '{}' is none of auto, systemd and cgroupfs",
                        base::printable(wanted));
  }
  if (!systemd_is_init(root)) {
    throw Error(Code::kNotSupported, "cgroup_manager = \"systemd\": systemd is not this machine's init");
  }
  if (!is_unified(root)) {
    throw Error(Code::kNotSupported, "cgroup_manager = \"systemd\": this machine does not have cgroup v2 alone");
  }
  return CgroupManager::kSystemd;
}

std::string slice_of(const std::string& parent) {
  return std::string(parent, parent.starts_with('/') ? 1 : 0) + kSliceEnd;
}

std::string slice_path(const std::string& slice) {
  std::string path;
  const auto stem = slice.substr(0, slice.size() - std::string_view(kSliceEnd).size());
  if (stem == "-") return "";  // the root slice
  for (auto dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1)) {
    path += "/" + stem.substr(0, dash) + kSliceEnd;
  }
  return path + "/" + slice;
}

CgroupPlace cgroup_place(CgroupManager manager, const std::string& parent, const std::string& id) {
  if (manager == CgroupManager::kCgroupfs) {
    const auto group = (stdfs::path("/") / parent / id).lexically_normal().string();
    return {group, group};
  }
  const bool good = parent.size() > std::string_view(kSliceEnd).size() && parent.ends_with(kSliceEnd) &&
                    parent.find('/') == std::string::npos && parent.find("--") == std::string::npos;
  if (!good) {
    throw Error(Code::kInvalidArgument,
                "cgroup-parent for systemd cgroup should be a valid slice named as \"xxx.slice\"");
  }
  return {slice_path(parent) + "/" + kScopePrefix + "-" + id + ".scope", parent + ":" + kScopePrefix + ":" + id};
}

void leave_callers_group(CgroupManager manager, const Cgroups& cgroups, const std::string& parent, int pid,
                         const std::string& scope) {
  if (manager == CgroupManager::kCgroupfs) {
    cgroups.adopt(pid, parent + kConmonGroup);
    return;
  }
  try {
    start_scope({.name = scope, .slice = slice_of(parent), .pid = pid});
  } catch (const Error& error) {
    base::log::warn("{} stays in its caller's control group: {}", scope, error.message());
  }
}

}  // namespace davit::runtime
