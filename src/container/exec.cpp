#include "container/exec.h"

#include <csignal>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/strings.h"
#include "container/environment.h"
#include "container/held_container.h"
#include "container/make_spec.h"
#include "runtime/exec_process.h"
#include "runtime/user.h"

namespace davit::container {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr int kKilled = 128 + SIGKILL;
constexpr const char* kSessions = "exec";

runtime::ExecProcess process_of(const HeldContainer& held, const ExecOptions& options, const AttachOptions& attach) {
  const auto& description = held.record().description;
  // As the container itself sees its files, in whatever mount namespace we are.
  const auto root = fs::Directory::open(stdfs::path("/proc") / std::to_string(held.state().init->pid) / "root");
  runtime::ExecProcess process = {
      .args = options.command,
      .env = {},
      .working_dir = options.working_dir,
      .user = runtime::find_user(root, options.user.empty() ? description.user : options.user),
      .terminal = options.terminal,
      .window = base::window_size(attach.window).value_or(base::WindowSize()),
      .privileged = options.privileged,
  };
  for (const auto gid : runtime::find_groups(root, description.additional_groups)) {
    process.user.additional_gids.push_back(gid);
  }
  process.env = environment(description, hostname_of(held.record()), process.user.home, options.terminal, options.env);
  return process;
}

// A session that is being made or attended is held by its lock.
struct Session {
  runtime::Bundle bundle;
  std::string name;
  base::FileLock lock;
  runtime::ContainerRuntime runtime;
};

// Those that nobody attends and whose process has ended: their davit died.
void sweep(const stdfs::path& sessions) {
  for (const auto& name : fs::list(sessions)) {
    const auto folder = sessions / name;
    try {
      const auto unattended = base::FileLock::try_acquire(folder / "lock");
      if (!unattended) continue;
      const auto conmon = runtime::conmon_of(folder);
      if (conmon && conmon->alive()) continue;
      fs::remove_tree(folder);
    } catch (const Error&) {  // somebody else is removing it
    }
  }
}

Session make_session(ContainerStore& store, const std::string& id, const ExecOptions& options,
                     const AttachOptions& attach) {
  if (!options.working_dir.empty() && options.working_dir.front() != '/') {
    throw Error(Code::kInvalidArgument, "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown");
  }
  auto held = store.hold(id);
  held.require_running();
  const auto config_json = fs::read_file(held.bundle().folder / "config.json");
  const auto process = process_of(held, options, attach);
  const auto sessions = held.bundle().folder / kSessions;
  fs::make_directories(sessions);
  sweep(sessions);
  const auto name = base::random_hex(8);
  const auto folder = sessions / name;
  fs::make_directory(folder);
  auto lock = base::FileLock::acquire(folder / "lock");
  fs::write_file(folder / "process.json",
                 runtime::exec_process_json(config_json, process, runtime::HostLimits::probe()));
  return {.bundle = {.id = id,
                     .folder = folder,
                     .log = {},
                     .name = held.record().description.name,
                     .program = options.command.front(),
                     .terminal = options.terminal,
                     .open_stdin = options.open_stdin,
                     .seccomp_filter = held.bundle().seccomp_filter},
          .name = name,
          .lock = std::move(lock),
          .runtime = held.runtime()};
}

}  // namespace

void check_exec(ContainerStore& store, const std::string& id, const std::string& name) {
  const auto container = store.get(id);
  if (!container.running()) throw Error::format(Code::kConflict, "Container {} is not running", id);
  if (container.state.status == Status::kPaused) {
    throw Error::format(Code::kConflict, "Container {} is paused, unpause the container before exec", name);
  }
}

std::optional<int> exec(ContainerStore& store, const std::string& id, const ExecOptions& options,
                        const AttachOptions& attach) {
  auto session = make_session(store, id, options, attach);
  std::optional<runtime::Attachment> attachment;
  runtime::Exec process;
  try {
    process =
        session.runtime.exec(session.bundle, [&] { attachment = runtime::Attachment::connect(session.bundle); }, {});
  } catch (const Error&) {
    fs::remove_tree(session.bundle.folder);
    throw;
  }
  runtime::RelayOptions relay = {.streams = attach.streams, .window = attach.window, .ended = process.answer.get()};
  if (options.terminal) relay.detach_keys = attach.detach_keys;
  if (!options.open_stdin) relay.streams.in = -1;
  if (attachment->relay(session.bundle, process.processes, relay) != runtime::RelayEnd::kExited) return {};
  const auto code = process.exit_code();
  fs::remove_tree(session.bundle.folder);
  return code.value_or(kKilled);  // with its conmon, at the container's end
}

void exec_detached(ContainerStore& store, const std::string& id, const ExecOptions& options) {
  auto session = make_session(store, id, options, {});
  session.bundle.open_stdin = false;  // as docker has it: its input is empty
  auto exit_command = store.exit_command();
  if (!exit_command.empty()) exit_command.insert(exit_command.end(), {id, session.name});
  try {
    session.runtime.exec(session.bundle, {}, exit_command);
  } catch (const Error&) {
    fs::remove_tree(session.bundle.folder);
    throw;
  }
}

void exec_ended(ContainerStore& store, const std::string& id, const std::string& session) {
  if (session.empty() || session.find('/') != std::string::npos || session.front() == '.') return;
  fs::remove_tree(store.run_folder(id) / kSessions / session);
}

}  // namespace davit::container
