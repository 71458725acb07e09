#pragma once
// RUN --mount: what is mounted into a step's container, and kept right for as long as that runs.

#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "build/build_request.h"
#include "container/mount_point.h"
#include "dockerfile/mount.h"

namespace davit::build {

// The folder that a mount's `from` means, on the host, and what tells its content for the step's key.
struct MountedTree {
  std::filesystem::path folder;
  std::string key;
};
using FindTree = std::function<MountedTree(const dockerfile::Mount& mount)>;

// Undone with the object: secrets' files go, caches' locks are released.
class RunMounts {
 public:
  struct Places {
    std::filesystem::path caches;   // durable
    std::filesystem::path scratch;  // in memory, for secrets
  };
  // Throws Error(kNotFound) for a secret or an agent that is required and missing, Error(kNotSupported) naming what
  // davit does not mount, Error(kCancelled) while it waits for a cache.
  RunMounts(const std::vector<dockerfile::Mount>& mounts, const std::string& working_dir, const BuildRequest& request,
            const Places& places, const FindTree& find_tree);

  const std::vector<container::MountPoint>& points() const { return points_; }
  const std::vector<std::string>& env() const { return env_; }  // "NAME=value": of no account for the cache
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  void add(const dockerfile::Mount& mount);
  void add_bind(const dockerfile::Mount& mount, const std::filesystem::path& target);
  void add_cache(const dockerfile::Mount& mount, const std::filesystem::path& target);
  void add_secret(const dockerfile::Mount& mount);
  void add_agent(const dockerfile::Mount& mount);
  void put(std::string source, std::filesystem::path target, bool read_only);

  const BuildRequest& request_;
  const Places& places_;
  const FindTree& find_tree_;
  std::string working_dir_;
  std::vector<container::MountPoint> points_;
  std::vector<std::string> env_, keys_;
  std::list<base::FileLock> locks_;
  std::list<base::fs::TemporaryDirectory> secrets_;
};

}  // namespace davit::build
