// conmon's side of ContainerRuntime: its arguments, its pipes, its files.

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/conmon_process.h"
#include "runtime/container_runtime.h"
#include "runtime/oci_message.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr int kGroupRounds = 60;  // 1.8 s in all

// A process of which only the PID file is left: conmon or the init, unless the PID means another by now. All of them
// carry the container's ID among their arguments, the init only until it executes the program.
bool mentions(int pid, const std::string& id) {
  const auto command = fs::read_file_if_exists(stdfs::path("/proc") / std::to_string(pid) / "cmdline");
  return command && command->find(id) != std::string::npos;
}

// conmon and runtime processes of the container that nobody wrote down, as davit was killed while they began.
std::vector<base::ProcessIdentity> stray_processes(const std::string& id, const stdfs::path& runtime) {
  std::vector<base::ProcessIdentity> found;
  for (const auto& name : fs::list("/proc")) {
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid == ::getpid()) continue;
    try {
      if (!mentions(pid, id)) continue;
      const auto program = fs::read_link(stdfs::path("/proc") / name / "exe").value_or("");
      const auto base_name = stdfs::path(program).filename();
      if (base_name != "conmon" && base_name != runtime.filename()) continue;
      if (auto identity = base::ProcessIdentity::of(pid)) found.push_back(*identity);
    } catch (const Error&) {  // it ended while we looked
    }
  }
  return found;
}

// conmon first, then the runtime that it may have under way, until none is left: only then is `delete` the last word.
// A process has no arguments for a moment while it begins another program: none is left when two looks found none.
void end_strays(const std::string& id, const stdfs::path& runtime) {
  int quiet_looks = 0;
  for (int round = 0; round < 100 && quiet_looks < 2; ++round) {
    const auto strays = stray_processes(id, runtime);
    for (const auto& stray : strays) {
      stray.signal(SIGKILL);
      stray.wait_gone(std::chrono::seconds(5));
    }
    quiet_looks = strays.empty() ? quiet_looks + 1 : 0;
    if (quiet_looks == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

ContainerRuntime::ContainerRuntime(Options options) : options_(std::move(options)) {}

std::vector<std::string> ContainerRuntime::runtime_command(const Bundle& bundle) const {
  return {options_.choice.path.string(),
          "--root",
          options_.state.string(),
          "--log",
          (bundle.folder / "runtime.log").string(),
          "--log-format",
          "json"};
}

// The runtime's own words where it left any.
std::string ContainerRuntime::failure_of(const Bundle& bundle, const std::string& fallback) const {
  const auto said = last_error(fs::read_file_if_exists(bundle.folder / "runtime.log").value_or(""));
  return said.empty() ? std::string(base::trim(fallback)) : said;
}

// What conmon is told of a container and of a session in one alike.
std::vector<std::string> ContainerRuntime::conmon_command(const Bundle& bundle,
                                                          const std::vector<std::string>& exit_command) const {
  std::vector<std::string> command = {
      "conmon",
      "--api-version",
      "1",
      "--cid",
      bundle.id,
      "--cuuid",
      bundle.id,
      "--name",
      bundle.name,
      "--runtime",
      options_.choice.path.string(),
      "--bundle",
      bundle.folder.string(),
      "--container-pidfile",
      (bundle.folder / "pidfile").string(),
      "--conmon-pidfile",
      (bundle.folder / "conmon.pid").string(),
      "--log-path",
      bundle.log.empty() ? std::string("none") : "k8s-file:" + bundle.log.string(),
      "--log-level",
      "error",
      "--full-attach",
      "--no-sync-log",
  };
  if (bundle.terminal) {
    command.emplace_back("--terminal");
  } else if (bundle.open_stdin) {
    command.emplace_back("--stdin");
  }
  if (options_.cgroup_manager == CgroupManager::kSystemd) command.emplace_back("--systemd-cgroup");
  if (bundle.leave_stdin_open) command.emplace_back("--leave-stdin-open");
  const auto runtime = runtime_command(bundle);
  for (std::size_t i = 1; i < runtime.size(); ++i) command.push_back("--runtime-arg=" + runtime[i]);
  if (!exit_command.empty()) command.insert(command.end(), {"--exit-command", exit_command.front()});
  for (std::size_t i = 1; i < exit_command.size(); ++i) command.push_back("--exit-command-arg=" + exit_command[i]);
  return command;
}

Created ContainerRuntime::create(const Bundle& bundle) {
  fs::make_directories(options_.state);
  fs::make_directories(bundle.folder / "exit");
  for (const char* stale : {"attach", "ctl", "winsz", "oom", "pidfile", "conmon.pid", "runtime.log"}) {
    fs::remove(bundle.folder / stale);
  }
  fs::remove(bundle.folder / "exit" / bundle.id);

  auto exit_command = options_.exit_command;
  if (!exit_command.empty()) exit_command.push_back(bundle.id);
  auto command = conmon_command(bundle, exit_command);
  command.insert(command.end(), {"--exit-dir", (bundle.folder / "exit").string()});

  auto sync = make_pipe();
  auto start = make_pipe();
  auto null = fs::File::open("/dev/null", {.access = fs::Access::kReadWrite});
  auto errors = fs::File::open(bundle.folder / "conmon.err",
                               {.access = fs::Access::kWrite, .create = fs::Create::kIfMissing, .truncate = true});
  // Until the start byte conmon dies with us: at its pipe's end without a byte it would go on and leave a container
  // that nobody knows of. What it forks after that lives on.
  std::vector<int> passed = {sync.write.get(), start.read.get()};
  passed.insert(passed.end(), bundle.held_fds.begin(), bundle.held_fds.end());
  auto child = base::spawn({
      .argv = command,
      .extra_env = {{"_OCI_SYNCPIPE", std::to_string(sync.write.get())},
                    {"_OCI_STARTPIPE", std::to_string(start.read.get())},
                    {"LC_ALL", "C"}},  // else it loads a dozen files of a locale that it has no use for
      .directory = bundle.folder,      // it writes `oom` where it stands, and must hold no folder of the caller's
      .stdin_fd = null.fd(),
      .stdout_fd = null.fd(),
      .stderr_fd = errors.fd(),
      .pass_fds = std::move(passed),
      .new_session = true,
      .die_with_parent = true,
      .seccomp_filter = bundle.seccomp_filter,
  });
  sync.write.reset();
  start.read.reset();
  leave_callers_group(options_.cgroup_manager, cgroups_, options_.cgroup_parent, child.pid(),
                      "davit-conmon-" + bundle.id + ".scope");
  write_start_byte(start.write);
  start.write.reset();

  child.wait();
  const auto answer = parse_conmon_answer(read_conmon_line(sync.read.get()));
  if (answer.data <= 0) {
    auto fallback = answer.message;
    if (fallback.empty()) fallback = fs::read_file_if_exists(bundle.folder / "conmon.err").value_or("");
    throw Error(Code::kInvalidArgument,
                docker_create_message(options_.choice.name, failure_of(bundle, fallback), bundle.program));
  }
  auto init = base::ProcessIdentity::of(answer.data);
  const auto conmon_pid = read_number(bundle.folder / "conmon.pid");
  auto conmon = conmon_pid ? base::ProcessIdentity::of(*conmon_pid) : std::nullopt;
  if (!init || !conmon) throw Error(Code::kInternal, "the container ended before it was started");
  return {std::move(*init), std::move(*conmon)};
}

void ContainerRuntime::start(const Bundle& bundle) {
  auto command = runtime_command(bundle);
  command.insert(command.end(), {"start", bundle.id});
  const auto result = base::run({.argv = command});
  if (result.status.ok()) return;
  throw Error(Code::kInvalidArgument,
              docker_create_message(options_.choice.name, failure_of(bundle, result.err), bundle.program));
}

std::optional<int> ContainerRuntime::exit_code(const Bundle& bundle) {
  return read_number(bundle.folder / "exit" / bundle.id);
}

void ContainerRuntime::destroy(const Bundle& bundle, bool ended) {
  const auto group = cgroup_path(bundle.id);
  if (!ended) end_strays(bundle.id, options_.choice.path);
  if (!ended && fs::exists(options_.state / bundle.id)) {
    auto command = runtime_command(bundle);
    command.insert(command.end(), {"delete", "--force", bundle.id});
    const auto result = base::run({.argv = command});
    if (!result.status.ok()) base::log::info("{} delete: {}", options_.choice.name, base::trim(result.err));
  }
  // What the runtime no longer knew of, or left.
  for (const int pid : cgroups_.processes(group)) {
    if (const auto identity = base::ProcessIdentity::of(pid)) {
      identity->signal(SIGKILL);
      identity->wait_gone(std::chrono::seconds(5));
    }
  }
  // The kernel lets go of a group a moment after its last process.
  for (int round = 0; round < kGroupRounds && !cgroups_.remove(group); ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + round));
  }
  fs::remove_tree(options_.state / bundle.id);
}

}  // namespace davit::runtime
