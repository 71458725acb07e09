#include "container/merge_mounts.h"

#include <set>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

constexpr std::size_t kVolumeNameBytes = 32;

// An anonymous volume of -v gives way to whatever else is mounted there.
bool gives_way(const MountPoint& mount) {
  return mount.kind == MountKind::kVolume && mount.anonymous && mount.origin == MountOrigin::kVolumeFlag;
}

}  // namespace

std::vector<MountPoint> merge_mounts(std::vector<MountPoint> asked, const std::vector<MountPoint>& of_others,
                                     const std::vector<std::string>& volumes) {
  std::vector<MountPoint> mounts;
  std::set<std::filesystem::path> targets, of_flags;
  for (auto& mount : asked) {
    if (gives_way(mount)) {
      of_flags.insert(mount.target);
      continue;
    }
    if (!targets.insert(mount.target).second) {
      throw base::Error::format(base::Code::kInvalidArgument, "Duplicate mount point: {}",
                                base::printable(mount.target.string()));
    }
    mounts.push_back(std::move(mount));
  }
  for (const auto& mount : of_others) {
    if (targets.insert(mount.target).second) mounts.push_back(mount);
  }
  for (const auto& volume : volumes) {
    if (!targets.insert(volume).second) continue;
    mounts.push_back({.kind = MountKind::kVolume,
                      .origin = of_flags.contains(volume) ? MountOrigin::kVolumeFlag : MountOrigin::kImage,
                      .target = volume,
                      .anonymous = true});
  }
  for (auto& mount : mounts) {
    if (mount.kind == MountKind::kVolume && mount.source.empty()) mount.source = base::random_hex(kVolumeNameBytes);
  }
  return mounts;
}

}  // namespace davit::container
