#pragma once
// Which OCI runtime this host can use.

#include <filesystem>
#include <string>

namespace davit::runtime {

struct RuntimeChoice {
  std::string name;  // "crun" or "runc": whose words and options it has
  std::filesystem::path path;
  std::string version;  // empty for one that was named: runtime_version() asks
  std::string why;      // one line for `davit info`
  bool operator==(const RuntimeChoice&) const = default;
};

// `wanted` is "auto", "crun", "runc" or a path. auto prefers crun and takes runc where crun refuses the host: each is
// asked to really create a container (and delete it), in `run` and below `cgroup_parent`; the answer is kept in
// RUN/runtime.json until the next boot or until a program changes. A runtime that is named is taken untried. Throws
// Error(kNotSupported) naming each and its reason where none works, Error(kNotFound) for a named one that is missing.
RuntimeChoice choose_runtime(const std::string& wanted, const std::filesystem::path& run,
                             const std::string& cgroup_parent);

// What the program says of itself: a process is started where that is not known.
std::string runtime_version(const RuntimeChoice& choice);

}  // namespace davit::runtime
