#include "container/volume_use.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/log.h"
#include "base/mount_namespace.h"
#include "base/strings.h"
#include "container/volume_fill.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kAnonymousNameBytes = 32;

}  // namespace

void name_volumes(Description& description) {
  for (auto& mount : description.mounts) {
    if (mount.kind != MountKind::kVolume || !mount.source.empty()) continue;
    mount.source = base::random_hex(kAnonymousNameBytes);
    mount.anonymous = true;
  }
}

void make_volumes(const VolumeStore& volumes, const Description& description) {
  for (const auto& mount : description.mounts) {
    if (mount.kind == MountKind::kVolume) volumes.create(volume_options(mount));
  }
}

std::map<std::string, std::vector<std::string>> volume_users(ContainerStore& containers) {
  std::map<std::string, std::vector<std::string>> users;
  for (const auto& record : containers.records()) {
    for (const auto& mount : record.description.mounts) {
      if (mount.kind != MountKind::kVolume) continue;
      auto& ids = users[mount.source];
      if (ids.empty() || ids.back() != record.id) ids.push_back(record.id);
    }
  }
  return users;
}

namespace {

// What is mounted at the target in the mount namespace of a process, as a mount for this one.
std::optional<base::fs::FileDescriptor> mount_of(const base::ProcessIdentity& process, const MountPoint& mount) try {
  const std::string proc = "/proc/" + std::to_string(process.pid);
  auto mount_namespace = base::fs::File::open(proc + "/ns/mnt").take_fd();
  const auto place = base::fs::Directory::open(proc + "/root").open_path_inside(mount.target.relative_path());
  if (!place || !process.alive()) return std::nullopt;
  base::fs::FileDescriptor found;
  base::run_in(mount_namespace, [&] { found = base::fs::open_bind(*place, base::fs::Below::kLeaveOut, mount.target); });
  return found;
} catch (const Error&) {  // it has ended
  return std::nullopt;
}

}  // namespace

std::function<std::optional<base::fs::FileDescriptor>(const std::string&)> volume_sharing(ContainerStore& containers) {
  return [&containers](const std::string& volume) -> std::optional<base::fs::FileDescriptor> {
    for (const auto& record : containers.records()) {
      for (const auto& mount : record.description.mounts) {
        if (mount.kind != MountKind::kVolume || mount.source != volume || !mount.subpath.empty() || mount.read_only)
          continue;
        const auto init = containers.init_of(record.id);
        if (!init) continue;
        if (auto found = mount_of(*init, mount)) return found;
      }
    }
    return std::nullopt;
  };
}

std::uint64_t remove_volume(ContainerStore& containers, const std::string& name) {
  const auto lock = containers.volumes().lock(base::FileLock::Mode::kExclusive);
  containers.volumes().get(name);
  const auto users = volume_users(containers);
  if (const auto found = users.find(name); found != users.end()) {
    throw Error::format(Code::kConflict, "remove {}: volume is in use - [{}]", name, base::join(found->second, ", "));
  }
  return containers.volumes().remove(name);
}

std::uint64_t remove_anonymous_volumes(ContainerStore& containers, const Description& description) {
  std::uint64_t bytes = 0;
  for (const auto& mount : description.mounts) {
    if (mount.kind != MountKind::kVolume || !mount.anonymous) continue;
    try {
      bytes += remove_volume(containers, mount.source);
    } catch (const Error& error) {
      if (error.code() != Code::kConflict && error.code() != Code::kNotFound)
        base::log::warn("volume {} stays: {}", mount.source, error.message());
    }
  }
  return bytes;
}

}  // namespace davit::container
