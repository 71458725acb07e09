#pragma once
// Something mounted into a container: a folder or file of the host, a volume, or a tmpfs.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace davit::container {

enum class MountKind { kBind, kVolume, kTmpfs };

// Which flag it comes from, or the image's VOLUME.
enum class MountOrigin { kVolumeFlag, kMountFlag, kTmpfsFlag, kVolumesFrom, kImage };

struct MountPoint {
  MountKind kind = MountKind::kBind;
  MountOrigin origin = MountOrigin::kVolumeFlag;
  std::string source;            // bind: an absolute path; volume: its name; tmpfs: empty
  std::filesystem::path target;  // absolute, in the container
  bool read_only = false;
  std::string mode;         // -v's third part, as typed ("ro,z")
  std::string consistency;  // --mount's; without effect on Linux

  // bind
  bool source_must_exist = false;  // as --mount wants it; otherwise it is made as a folder at start
  std::string propagation;         // "rprivate", "rshared", …; empty: rprivate
  bool recursive = true;           // what is mounted below the source is seen too
  bool recursive_read_only = false;

  // volume
  bool anonymous = false;                                     // it goes with the container by --rm and `rm -v`
  bool copy = true;                                           // filled from the image when it is empty
  std::string driver;                                         // empty: local
  std::string subpath;                                        // of the volume; empty: all of it
  std::map<std::string, std::string> driver_options, labels;  // for a volume that is made by this

  // tmpfs
  std::uint64_t size = 0;         // bytes; 0: the kernel's half of the memory
  std::uint32_t permissions = 0;  // 0: 1777
  std::string options;            // --tmpfs's, as typed ("size=64m,noexec")
  bool operator==(const MountPoint&) const = default;
};

}  // namespace davit::container
