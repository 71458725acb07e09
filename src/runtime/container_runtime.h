#pragma once
// Containers by conmon and crun or runc. conmon is each container's parent: it outlives us, relays and logs its
// streams, and calls `exit_command` when it ends. Knows no images: it gets a bundle. The facts are in
// docs/container-runtime.md.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs/file.h"
#include "base/process.h"
#include "runtime/cgroup.h"
#include "runtime/cgroup_manager.h"
#include "runtime/choice.h"
#include "runtime/resources.h"
#include "runtime/usage.h"

namespace davit::runtime {

// A container's folder in the run state: config.json and what conmon and the runtime leave beside it (pidfile,
// conmon.pid, attach, ctl, runtime.log, exit/ID). docs/formats/containers.md.
struct Bundle {
  std::string id;                // 64 hex digits
  std::filesystem::path folder;  // holds config.json and the root file system
  std::filesystem::path log;     // of its output, in conmon's k8s-file form; empty: none is kept
  std::string name;
  std::string program;  // args[0], for messages
  bool terminal = false;
  bool open_stdin = false;
  bool leave_stdin_open = false;                 // when who was attached leaves
  std::vector<int> held_fds = {};                // kept open by conmon as long as it lives: reserved ports
  std::vector<sock_filter> seccomp_filter = {};  // runtime::early_filter(): conmon is started with it, for exec too
};

struct Created {
  base::ProcessIdentity init, conmon;
};

// A process that exec() began: conmon tells its exit code when that has ended and its output is all on its way.
struct Exec {
  Created processes;                // an init that had ended before we looked is nobody's
  base::fs::FileDescriptor answer;  // conmon's; readable at the end
  // Blocks until then; nothing when conmon ended without telling.
  std::optional<int> exit_code();
};

// The conmon of a bundle or session, while it lives or nobody took note of its end.
std::optional<base::ProcessIdentity> conmon_of(const std::filesystem::path& folder);

// Stateless; safe for use by any number of threads and processes as long as one at a time works on a container.
class ContainerRuntime {
 public:
  struct Options {
    RuntimeChoice choice;
    std::filesystem::path state;  // the runtime's own folder: RUN/runtime
    std::string cgroup_parent;    // the store's: "/davit-1f2e3d4c5b6a"
    CgroupManager cgroup_manager = CgroupManager::kCgroupfs;
    std::string cgroup;                     // the container's group; empty: the one of its ID below the store's
    std::vector<std::string> exit_command;  // program and arguments; the container's ID is added
  };
  explicit ContainerRuntime(Options options);

  const RuntimeChoice& choice() const { return options_.choice; }
  std::string cgroup_path(const std::string& id) const {
    return options_.cgroup.empty() ? options_.cgroup_parent + "/" + id : options_.cgroup;
  }

  // Creates the container: its init exists and waits. conmon runs in a session of its own, outside the caller's control
  // group, and holds none of our descriptors. Throws Error with docker's words (exit_code_of_failed_start knows the
  // code); then destroy() is still due.
  Created create(const Bundle& bundle);

  // Lets the init go on to the container's program.
  void start(const Bundle& bundle);

  // Runs one more process in a container that runs, as a session of its own: `session.id` is the container's, its
  // folder holds process.json (exec_process.h). conmon is the process's parent, as above. With `before_start` the
  // streams can be attached when that is called; otherwise nobody attaches, and `exit_command` (if any) is called at
  // its end. Throws Error with docker's words.
  Exec exec(const Bundle& session, const std::function<void()>& before_start,
            const std::vector<std::string>& exit_command);

  // The exit code conmon recorded, once it has.
  static std::optional<int> exit_code(const Bundle& bundle);

  // Of a container that runs. Freezes all of its processes, and lets them go on; signals wait meanwhile, SIGKILL too
  // with cgroup v1. Throw Error with docker's words: "Cannot pause container ID: …".
  void pause(const Bundle& bundle);
  bool is_paused(const Bundle& bundle) const;  // as the kernel has it
  void resume(const Bundle& bundle);
  // Sets those limits that are not zero or empty; the others stay. Checked before by check_resources. Throws Error with
  // docker's words: "Cannot update container ID: …".
  void update(const Bundle& bundle, const Resources& resources);

  // What the container that `init` began takes of the machine.
  Usage usage(const Bundle& bundle, int init) const;
  // PIDs of its processes as this PID namespace has them, those in groups that it made itself too, lowest first.
  std::vector<int> processes(const Bundle& bundle) const;

  // Whether the kernel ended one of its processes for want of memory; until destroy().
  bool oom_killed(const Bundle& bundle) const;

  // Ends and removes all there may be of a container, however far it came: its processes, conmon, the runtime's state,
  // its control groups. Idempotent. Does not touch the bundle's folder. With `ended` conmon has written the exit code:
  // then there is nobody to look for, and nothing that needs the runtime itself (a process start) to be forgotten.
  void destroy(const Bundle& bundle, bool ended);

 private:
  std::vector<std::string> runtime_command(const Bundle& bundle) const;
  std::vector<std::string> conmon_command(const Bundle& bundle, const std::vector<std::string>& exit_command) const;
  void control(const Bundle& bundle, const char* verb, const char* runtime_verb,
               const std::vector<std::string>& options = {}, std::string_view input = {});
  std::string failure_of(const Bundle& bundle, const std::string& fallback) const;
  void lift_processes_limit(const std::string& id) const;

  Options options_;
  Cgroups cgroups_;
};

}  // namespace davit::runtime
