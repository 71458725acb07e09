// From start to end.

#include <csignal>
#include <map>
#include <thread>

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/log.h"
#include "container/container_store.h"
#include "container/etc_files.h"
#include "container/signals.h"
#include "runtime/oci_message.h"
#include "runtime/user.h"

namespace davit::container {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr int kKilled = 128 + SIGKILL;
constexpr auto kExitFileTimeout = std::chrono::seconds(10);  // conmon's, from the init's end on
constexpr int kRemovalRounds = 5000;                         // of a millisecond
constexpr auto kKillTimeout = std::chrono::seconds(10);

// Docker's order: its own variables, then the container's, each replacing one of its name; HOME last.
std::vector<std::string> environment(const Description& description, const std::string& hostname,
                                     const std::string& home) {
  std::vector<std::string> lines = {std::string("PATH=") + kPath, "HOSTNAME=" + hostname};
  if (description.terminal) lines.emplace_back("TERM=xterm");
  const auto set = [&](const std::string& line, bool replace) {
    const auto key = line.substr(0, line.find('=') + 1);
    for (auto& other : lines) {
      if (!other.starts_with(key)) continue;
      if (replace) other = line;
      return;
    }
    lines.push_back(line);
  };
  for (const auto& line : description.env) {
    if (line.find('=') != std::string::npos) set(line, true);
  }
  set("HOME=" + home, false);
  return lines;
}

std::string host_name() {
  char buffer[256] = {};
  ::gethostname(buffer, sizeof buffer - 1);
  return buffer;
}

std::string hostname_of(const Record& record) {
  const auto& description = record.description;
  if (!description.hostname.empty()) return description.hostname;
  return description.network == runtime::NetworkMode::kHost ? host_name() : record.id.substr(0, 12);
}

// Waits for conmon to write down the exit code of an init that has ended.
std::optional<int> await_exit_code(const runtime::Bundle& bundle, const base::ProcessIdentity& conmon) {
  const auto until = std::chrono::steady_clock::now() + kExitFileTimeout;
  while (true) {
    const bool alive = conmon.alive();  // asked first: what it wrote before its end is then there
    if (const auto code = runtime::ContainerRuntime::exit_code(bundle)) return code;
    if (!alive || std::chrono::steady_clock::now() > until) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

const runtime::RuntimeChoice& ContainerStore::runtime_choice() {
  if (!choice_) choice_ = runtime::choose_runtime(options_.runtime, options_.run, options_.cgroup_parent);
  return *choice_;
}

runtime::Bundle ContainerStore::bundle(const Record& record) const {
  const auto& description = record.description;
  return {
      .id = record.id,
      .folder = run_folder(record.id),
      .log = folder(record.id) / "container.log",
      .name = description.name,
      .program = description.args.front(),
      .terminal = description.terminal,
      .open_stdin = description.open_stdin,
  };
}

// The runtime that a container was started with, whatever a start would take now.
runtime::ContainerRuntime ContainerStore::runtime_for(const State& state) {
  runtime::RuntimeChoice choice;
  if (state.runtime_name.empty()) {
    choice = runtime_choice();
  } else {
    choice = {state.runtime_name, state.runtime_path, "", ""};
  }
  return runtime::ContainerRuntime({
      .choice = std::move(choice),
      .state = options_.run / "runtime",
      .cgroup_parent = options_.cgroup_parent,
      .exit_command = options_.exit_command,
  });
}

// config.json and the files it mounts. The root file system is mounted.
void ContainerStore::write_bundle(const Record& record, const runtime::Bundle& bundle) {
  const auto& description = record.description;
  const auto rootfs = bundle.folder / "rootfs";
  const auto user = runtime::find_user(fs::Directory::open(rootfs), description.user);
  const auto hostname = hostname_of(record);
  const auto host = runtime::HostLimits::probe();

  auto spec = runtime::default_spec(description.network, host);
  spec.rootfs = rootfs;
  spec.hostname = hostname;
  spec.cgroup_path = options_.cgroup_parent + "/" + record.id;
  spec.process.args = description.args;
  spec.process.env = environment(description, hostname, user.home);
  if (!description.working_dir.empty()) spec.process.working_dir = description.working_dir;
  spec.process.uid = user.uid;
  spec.process.gid = user.gid;
  spec.process.additional_gids = user.additional_gids;
  spec.process.terminal = description.terminal;

  const auto own = folder(record.id);
  const std::map<std::string, std::string> files = {
      {"hostname", hostname + "\n"},
      {"hosts", hosts_file(description.network, fs::read_file_if_exists("/etc/hosts").value_or(""))},
      {"resolv.conf", resolv_conf(description.network, fs::read_file_if_exists("/etc/resolv.conf").value_or(""))},
  };
  for (const auto& [name, content] : files) {
    fs::write_file(own / name, content, 0644);
    spec.mounts.push_back(runtime::bind_mount(own / name, "/etc/" + name, false));
  }
  for (const auto& volume : description.volumes) {
    if (!fs::exists(volume.source)) fs::make_directories(volume.source, 0755);
    spec.mounts.push_back(runtime::bind_mount(volume.source, volume.target, volume.read_only));
  }
  fs::write_file(bundle.folder / "config.json", runtime::to_oci_json(spec, host));
}

// Each step is written down before the next, so that a later davit can undo what this one had no time to.
runtime::Created ContainerStore::start_locked(Container& container, std::optional<runtime::Attachment>* attachment) {
  const auto& record = container.record;
  auto& state = container.state;
  const auto previous = state;
  const auto bundle = this->bundle(record);
  state = {};
  state.status = Status::kStarting;
  state.runtime_name = runtime_choice().name;
  state.runtime_path = runtime_choice().path;
  save(record, state, false);
  try {
    auto runtime = runtime_for(state);
    fs::make_directories(bundle.folder / "rootfs");
    fs::write_file(bundle.folder / "result", "");
    options_.layers().mount({
        .diff_ids = record.description.diff_ids,
        .upper = folder(record.id) / "upper",
        .work = folder(record.id) / "work",
        .target = bundle.folder / "rootfs",
    });
    write_bundle(record, bundle);
    auto processes = runtime.create(bundle);
    state.init = processes.init;
    state.conmon = processes.conmon;
    save(record, state, false);
    if (attachment != nullptr) *attachment = runtime::Attachment::connect(bundle);
    state.started = base::now();
    runtime.start(bundle);
    state.status = Status::kRunning;
    save(record, state, false);
    return processes;
  } catch (const Error& error) {
    clean_up(container, false);
    state = previous;
    state.error = error.message();
    state.exit_code = runtime::exit_code_of_failed_start(error.message());
    if (record.description.auto_remove) {
      remove_locked(record);
    } else {
      save(record, state, true);
    }
    throw;
  }
}

void ContainerStore::start(const std::string& id) {
  const auto held = lock(id);
  auto container = held ? load(id) : std::nullopt;
  if (!container) throw Error::format(Code::kNotFound, "No such container: {}", id);
  settle(*container);
  if (!container->running()) start_locked(*container, nullptr);
}

int ContainerStore::start_and_attach(const std::string& id, const runtime::Streams& streams) {
  runtime::SignalCatcher signals;
  std::optional<runtime::Attachment> attachment;
  std::optional<runtime::Created> processes;
  std::optional<fs::File> result;
  runtime::Bundle bundle;
  {
    const auto held = lock(id);
    auto container = held ? load(id) : std::nullopt;
    if (!container) throw Error::format(Code::kNotFound, "No such container: {}", id);
    settle(*container);
    if (container->running()) throw Error::format(Code::kConflict, "Container {} is already running", id);
    bundle = this->bundle(container->record);
    processes = start_locked(*container, &attachment);
    result = fs::File::open(bundle.folder / "result");
  }
  auto attached = streams;
  if (!bundle.open_stdin) attached.in = -1;
  attachment->relay(bundle, attached, *processes, &signals);
  finish(id);

  // Whoever cleaned up wrote the code there before the file lost its name; our descriptor keeps it.
  char digits[16] = {};
  const auto count = result->read_at(std::as_writable_bytes(std::span(digits)), 0);
  if (count == 0) throw Error::format(Code::kInternal, "container {} ended without an exit code", id);
  return std::stoi(std::string(digits, count));
}

bool ContainerStore::is_settled(const State& state) const {
  if (state.status == Status::kStarting) return false;
  if (state.status != Status::kRunning) return true;
  return state.init && state.conmon && state.init->alive() && state.conmon->alive();
}

// Makes the state true. We hold the lock, so nobody else is at work on it: what is half done stays so unless undone
// here.
void ContainerStore::settle(Container& container) {
  auto& state = container.state;
  if (is_settled(state)) return;
  const auto& record = container.record;
  if (state.status == Status::kStarting) {
    base::log::info("undoing an unfinished start of container {}", record.id);
    clean_up(container, false);
    state = {};
    state.error = "davit ended while it started the container";
  } else {
    const auto bundle = this->bundle(record);
    const bool same_boot = state.conmon->boot_id == base::boot_id();
    const bool conmon_ended_first = state.init->alive();
    if (conmon_ended_first) {
      state.init->signal(SIGKILL);
      state.init->wait_gone(kKillTimeout);
    }
    const auto code = same_boot ? await_exit_code(bundle, *state.conmon) : std::nullopt;
    state.finished = base::now();
    state.exit_code = code.value_or(kKilled);
    if (!code) {
      state.error = !same_boot ? "the machine was restarted" : "conmon, the container's monitor, ended before it";
    }
    state.status = Status::kExited;
    state.init.reset();
    state.conmon.reset();
    if (fs::exists(bundle.folder / "result")) {
      fs::File::open(bundle.folder / "result", {.access = fs::Access::kWrite})
          .write(base::as_byte_view(std::to_string(state.exit_code)));
    }
    save(record, state, true);  // before the exit file goes
    clean_up(container, code.has_value());
  }
  if (record.description.auto_remove) {
    remove_locked(record);
  } else if (state.status == Status::kCreated) {
    save(record, state, true);
  }
}

// Processes, mounts, control groups and the run folder. Idempotent.
void ContainerStore::clean_up(const Container& container, bool ended) {
  const auto bundle = this->bundle(container.record);
  runtime_for(container.state).destroy(bundle, ended);
  options_.layers().unmount(bundle.folder / "rootfs");
  fs::remove_tree(bundle.folder);
}

void ContainerStore::finish(const std::string& id) {
  if (const auto held = lock(id)) {
    if (auto container = load(id)) settle(*container);
    return;
  }
  // Another process is removing it: nothing of it shall be left when we return, unless that process dies.
  for (int round = 0; round < kRemovalRounds && fs::exists(gone_folder(id)); ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void ContainerStore::exited(const std::string& id) { finish(id); }

void ContainerStore::stop(const std::string& id, std::chrono::seconds timeout) {
  const auto container = load(id);
  if (!container) throw Error::format(Code::kNotFound, "No such container: {}", id);
  if (container->running() && container->state.init) {
    const auto& init = *container->state.init;
    const auto& wanted = container->record.description.stop_signal;
    init.signal(wanted.empty() ? SIGTERM : parse_signal(wanted));
    const auto patience = timeout.count() < 0 ? std::chrono::hours(24 * 365) : timeout;
    if (!init.wait_gone(patience)) {
      init.signal(SIGKILL);
      if (!init.wait_gone(kKillTimeout)) {
        throw Error::format(Code::kTimeout, "container {} did not end {} seconds after SIGKILL", id,
                            std::chrono::duration_cast<std::chrono::seconds>(kKillTimeout).count());
      }
    }
  }
  finish(id);
}

}  // namespace davit::container
