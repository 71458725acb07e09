#pragma once
// Named folders that outlive containers, which mount them. ROOT/volumes/NAME holds a volume's data and what is known of
// it; docs/formats/volumes.md. Who uses which volume is told by the containers' descriptions (volume_use.h).
//
// Safe for use by any number of threads and processes.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_lock.h"

namespace davit::container {

struct Volume {
  std::string name;
  base::Time created;
  std::optional<std::map<std::string, std::string>> labels, options;  // nothing where none were asked for, as of -v

  bool is_anonymous() const { return labels && labels->contains(kAnonymousLabel); }
  // Whether it is something mounted (options "type", "o", "device") rather than a folder of the store.
  bool is_mounted() const { return options && options->contains("device"); }

  static constexpr const char* kAnonymousLabel = "com.docker.volume.anonymous";  // docker's own
};

struct VolumeOptions {
  std::string name;    // empty: an anonymous one, of a random name
  std::string driver;  // empty: local
  std::optional<std::map<std::string, std::string>> labels, options;
};

class VolumeStore {
 public:
  explicit VolumeStore(const std::filesystem::path& root) : folder_(root / "volumes") {}

  // Held shared from a volume's making until the container that uses it is on disk, exclusively from the look for users
  // until the removal.
  base::FileLock lock(base::FileLock::Mode mode) const;

  // Makes it, durably; the volume as it is where there is one of that name. The caller holds the lock. Throws Error
  // with docker's words: kInvalidArgument for a bad name or option, kNotFound for a driver that is not local.
  Volume create(const VolumeOptions& options) const;
  // What create() would refuse.
  static void check(const VolumeOptions& options);

  std::optional<Volume> find(const std::string& name) const;
  // Throws Error(kNotFound, "get NAME: no such volume").
  Volume get(const std::string& name) const;
  // By name. One whose file cannot be read is logged and left out.
  std::vector<Volume> list() const;
  // The caller holds the lock exclusively. Returns the bytes of disk given back; 0 when it is missing.
  std::uint64_t remove(const std::string& name) const;

  std::filesystem::path folder(const std::string& name) const { return folder_ / name; }
  std::filesystem::path data(const std::string& name) const { return folder_ / name / "_data"; }

  // Mounts what a mounted volume stands for, by mount(8), on a folder that exists. Throws Error with docker's words.
  void mount(const Volume& volume, const std::filesystem::path& target) const;

  struct Usage {
    struct Own {
      std::uint64_t size = 0;  // bytes of files: docker's size of a volume; of a mounted one, 0
      std::uint64_t disk_bytes = 0;
    };
    std::map<std::string, Own> volumes;  // by name
    std::uint64_t other = 0;             // blocks of folders, and of what is being made or removed
  };
  Usage disk_usage() const;

 private:
  void sweep() const;

  std::filesystem::path folder_;
};

}  // namespace davit::container
