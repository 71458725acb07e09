#pragma once
// Containers by conmon and crun or runc. conmon is each container's parent: it outlives us, relays and logs its
// streams, and calls `exit_command` when it ends. Knows no images: it gets a bundle. The facts are in
// docs/container-runtime.md.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "runtime/cgroup.h"
#include "runtime/choice.h"

namespace davit::runtime {

// A container's folder in the run state: config.json and what conmon and the runtime leave beside it (pidfile,
// conmon.pid, attach, ctl, runtime.log, exit/ID). docs/formats/containers.md.
struct Bundle {
  std::string id;                // 64 hex digits
  std::filesystem::path folder;  // holds config.json and the root file system
  std::filesystem::path log;     // of its output, in conmon's k8s-file form
  std::string name;
  std::string program;  // args[0], for messages
  bool terminal = false;
  bool open_stdin = false;
};

struct Created {
  base::ProcessIdentity init, conmon;
};

// Stateless; safe for use by any number of threads and processes as long as one at a time works on a container.
class ContainerRuntime {
 public:
  struct Options {
    RuntimeChoice choice;
    std::filesystem::path state;            // the runtime's own folder: RUN/runtime
    std::string cgroup_parent;              // "/davit-1f2e3d4c5b6a"
    std::vector<std::string> exit_command;  // program and arguments; the container's ID is added
  };
  explicit ContainerRuntime(Options options);

  const RuntimeChoice& choice() const { return options_.choice; }
  std::string cgroup_path(const std::string& id) const { return options_.cgroup_parent + "/" + id; }

  // Creates the container: its init exists and waits. conmon runs in a session of its own, outside the caller's control
  // group, and holds none of our descriptors. Throws Error with docker's words (exit_code_of_failed_start knows the
  // code); then destroy() is still due.
  Created create(const Bundle& bundle);

  // Lets the init go on to the container's program.
  void start(const Bundle& bundle);

  // The exit code conmon recorded, once it has.
  static std::optional<int> exit_code(const Bundle& bundle);

  // Ends and removes all there may be of a container, however far it came: its processes, conmon, the runtime's state,
  // its control groups. Idempotent. Does not touch the bundle's folder. With `ended` conmon has written the exit code:
  // then there is nobody to look for, and nothing that needs the runtime itself (a process start) to be forgotten.
  void destroy(const Bundle& bundle, bool ended);

 private:
  std::vector<std::string> runtime_command(const Bundle& bundle) const;
  std::string failure_of(const Bundle& bundle, const std::string& fallback) const;

  Options options_;
  Cgroups cgroups_;
};

}  // namespace davit::runtime
