#pragma once
// Running OCI containers by conmon and crun or runc. Knows no images: it gets a root file system and a process
// description. facts: docs/container-runtime.md.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"

namespace davit::runtime {

struct BindMount {
  std::filesystem::path source;
  std::filesystem::path target;
  bool read_only = false;
  std::vector<std::string> options;  // propagation and the like: "rshared", "z" is dropped
};

enum class NetworkMode { kNone, kHost };

// What the container is to be; rendered as an OCI runtime-spec config.json with docker's defaults (capabilities, masked
// and read-only paths, /dev, /proc, /sys, own namespaces).
struct ContainerSpec {
  std::string id;  // 64 hex digits
  std::filesystem::path rootfs;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string working_dir = "/";
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> additional_gids;
  std::string hostname;
  NetworkMode network = NetworkMode::kNone;
  std::vector<BindMount> mounts;
  bool terminal = false;
  bool open_stdin = false;
  std::string cgroup_parent;  // derived from the store's ID
};

struct RuntimeChoice {
  std::string name;  // "crun" or "runc"
  std::filesystem::path path;
  std::string version;
  std::string why;  // one line for `davit info`
};

// Which runtime this host can use: `wanted` is "auto", "crun", "runc" or a path. auto prefers crun, and takes runc
// where crun refuses the host (probed by running a trivial container's create step; the answer is kept in `run` until
// the next boot).
RuntimeChoice choose_runtime(const std::string& wanted, const std::filesystem::path& run);

// Docker's default capability set, by name ("CAP_CHOWN", …).
const std::vector<std::string>& default_capabilities();

// config.json for the spec. `cgroup_path` as runc takes it (cgroupfs).
std::string to_oci_json(const ContainerSpec& spec);

}  // namespace davit::runtime
