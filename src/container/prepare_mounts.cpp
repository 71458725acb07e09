#include "container/prepare_mounts.h"

#include "base/fs/paths.h"

namespace davit::container {

std::vector<runtime::Mount> prepare_mounts(const Description& description) {
  std::vector<runtime::Mount> mounts;
  for (const auto& mount : description.mounts) {
    if (!base::fs::exists(mount.source)) base::fs::make_directories(mount.source, 0755);
    mounts.push_back(runtime::bind_mount(mount.source, mount.target, mount.read_only));
  }
  return mounts;
}

}  // namespace davit::container
