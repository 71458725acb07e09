// From start to end.

#include <algorithm>
#include <csignal>
#include <future>
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
#include "container/check_host.h"
#include "container/container_store.h"
#include "container/make_spec.h"
#include "container/network_names.h"
#include "container/own_places.h"
#include "container/prepare_mounts.h"
#include "container/spec_parts.h"
#include "container/volume_use.h"
#include "network/port_text.h"
#include "runtime/oci_message.h"

namespace davit::container {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr const char* kStagedMounts = "mounts";  // in the bundle
constexpr int kKilled = 128 + SIGKILL;
constexpr auto kExitFileTimeout = std::chrono::seconds(10);    // conmon's, from the init's end on
constexpr auto kLookTimeout = std::chrono::milliseconds(100);  // for the same, of one who only looks
constexpr int kRemovalRounds = 5000;                           // of a millisecond
constexpr auto kKillTimeout = std::chrono::seconds(10);

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

// A container's end is dealt with on a full disk too: what could not be written down then is told, and found out anew
// by the next look at the container.
template <typename Write>
bool if_there_is_space(const Write& write) try {
  write();
  return true;
} catch (const Error& error) {
  if (error.code() != Code::kNoSpace) throw;
  base::log::warn("{}", error.message());
  return false;
}

// The runtime makes one that is missing; what else is there it refuses in words that no user would understand.
void check_working_dir(const Description& description, const fs::Directory& root) {
  const auto path = stdfs::path(description.working_dir).relative_path();
  if (path.empty() || root.open_inside(path) || !root.open_path_inside(path)) return;
  throw Error::format(Code::kInvalidArgument, "Cannot mkdir: {} is not a directory", description.working_dir);
}

// Those of -p, and with -P what the image and --expose name besides.
std::vector<network::PortWish> published_ports(const Description& description) {
  auto ports = description.ports;
  if (!description.publish_all) return ports;
  for (const auto& text : description.exposed_ports) {
    const auto port = network::parse_exposed_port(text);
    const bool there = std::any_of(ports.begin(), ports.end(), [&](const network::PortWish& other) {
      return other.protocol == port.protocol && other.container_port == port.container_port;
    });
    if (!there) ports.push_back(port);
  }
  return ports;
}

}  // namespace

const runtime::RuntimeChoice& ContainerStore::runtime_choice() {
  if (!choice_) choice_ = runtime::choose_runtime(options_.runtime, options_.run, options_.cgroup_parent);
  return *choice_;
}

runtime::CgroupManager ContainerStore::cgroup_manager() {
  if (!cgroup_manager_) cgroup_manager_ = runtime::choose_cgroup_manager(options_.cgroup_manager);
  return *cgroup_manager_;
}

// Where a start would put it now.
runtime::CgroupPlace ContainerStore::cgroup_place(const Record& record) {
  const auto manager = cgroup_manager();
  auto parent = record.description.cgroup_parent;
  if (parent.empty()) {
    parent = manager == runtime::CgroupManager::kSystemd ? runtime::slice_of(options_.cgroup_parent)
                                                         : options_.cgroup_parent;
  }
  return runtime::cgroup_place(manager, parent, record.id);
}

runtime::Bundle ContainerStore::bundle(const Record& record) const {
  const auto& description = record.description;
  return {
      .id = record.id,
      .folder = run_folder(record.id),
      .log = description.log.driver == "none" ? stdfs::path() : log_file(record.id),
      .name = description.name,
      .program = description.args().front(),
      .terminal = description.terminal,
      .open_stdin = description.open_stdin,
      .leave_stdin_open = description.open_stdin && !description.stdin_once,
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
      .cgroup_manager = cgroup_manager(),
      .cgroup = state.cgroup,
      .exit_command = options_.exit_command,
  });
}

// Also mounts what the container shares with others.
runtime::ContainerSpec ContainerStore::spec_for(const Container& container, const runtime::HostLimits& host,
                                                const std::optional<network::Connection>& connection) {
  const auto& record = container.record;
  const auto& description = record.description;
  stdfs::path shm;
  if (description.namespaces.ipc == "shareable") {
    shm = shared_memory(record.id);
    fs::make_directories(shm);
    fs::mount_shared_memory(shm, shm_size_of(description));
  }
  const auto joined = find_joined(*this, description);
  std::string network_namespace;
  if (joined.network != 0) network_namespace = "/proc/" + std::to_string(joined.network) + "/ns/net";
  if (connection) network_namespace = connection->name_space.path();
  const auto places = connection ? connection->places : std::vector<network::Place>();
  check_links(*this, record, places);
  return make_spec(record, {.bundle = run_folder(record.id),
                            .own = folder(record.id),
                            .cgroup_path = cgroup_place(record).oci_path,
                            .shm = shm,
                            .joined = joined,
                            .network_namespace = network_namespace,
                            .names = network_names(*this, record, places),
                            .host = host});
}

// Its places in the networks that it is to be in; nothing where it is in none.
std::optional<network::Connection> ContainerStore::connect(const Record& record) {
  const auto& description = record.description;
  if (description.networks.empty()) return {};
  return options_.networks().prepare({.container = record.id,
                                      .container_name = description.name,
                                      .networks = description.networks,
                                      .ports = published_ports(description),
                                      .servers = description.names.servers});
}

// Each step is written down before the next, so that a later davit can undo what this one had no time to.
runtime::Created ContainerStore::start_locked(Container& container, const std::function<void()>& before_start) {
  const auto& record = container.record;
  auto& state = container.state;
  const auto previous = state;
  auto bundle = this->bundle(record);
  bundle.seccomp_filter = seccomp_filter_of(record.description.security);
  const auto choice = record.description.runtime.empty()
                          ? runtime_choice()
                          : runtime::choose_runtime(record.description.runtime, options_.run, options_.cgroup_parent);
  state = {};
  state.status = Status::kStarting;
  state.runtime_name = choice.name;
  state.runtime_path = choice.path;
  state.cgroup = cgroup_place(record).group;
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
    const auto host = runtime::HostLimits::probe();
    const auto root = fs::Directory::open(bundle.folder / "rootfs");
    if (!previous.started) make_own_places(root);
    check_working_dir(record.description, root);
    const auto mounts = prepare_mounts(record.description, {.volumes = volumes_,
                                                            .staging = bundle.folder / kStagedMounts,
                                                            .root = root,
                                                            .share = volume_sharing(*this),
                                                            .fill = !previous.started});
    const auto connection = connect(record);
    auto spec = spec_for(container, host, connection);
    spec.mounts = with_mounts(std::move(spec.mounts), mounts.mounts);
    spec.root_propagation = mounts.root_propagation;
    fs::write_file(bundle.folder / "config.json", runtime::to_oci_json(spec, host));
    std::future<void> building;
    if (connection) {
      for (const auto& port : connection->reservations) bundle.held_fds.push_back(port.fd());
      building = std::async(std::launch::async, [&] { options_.networks().build(*connection); });
    }
    auto processes = runtime.create(bundle);
    if (connection) building.get();
    release_mounts(bundle.folder / kStagedMounts);  // the container has its own of them
    state.init = processes.init;
    state.conmon = processes.conmon;
    save(record, state, false);
    if (before_start) before_start();
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
  if (container->state.status == Status::kPaused) {
    throw Error(Code::kConflict, "cannot start a paused container, try unpause instead");
  }
  if (!container->running()) start_locked(*container, {});
}

// Whether a container that has ended is to be removed for that: not while a restart waits for it.
bool ContainerStore::goes_at_end(const Record& record) const {
  return record.description.auto_remove && !base::FileLock::is_held(folder(record.id) / kRestartLock);
}

bool ContainerStore::is_settled(const Container& container) const {
  const State& state = container.state;
  if (state.status == Status::kStarting) return false;
  if (!is_running(state.status)) {
    if (state.status == Status::kExited && goes_at_end(container.record)) return false;
    return !fs::exists(run_folder(container.id()));  // else a davit died before it had cleaned up
  }
  return state.init && state.conmon && state.init->alive() && state.conmon->alive();
}

// Its program has ended, and conmon, which is well, has not told so yet: it waits for somebody who reads the output
// slowly. Whoever only looks must not end it for that: output and exit code would be lost.
bool ContainerStore::is_ending(const Container& container) const {
  const State& state = container.state;
  if (!is_running(state.status) || !state.init || !state.conmon) return false;
  const auto bundle = this->bundle(container.record);
  const auto until = std::chrono::steady_clock::now() + kLookTimeout;
  while (!state.init->alive() && state.conmon->alive() && !runtime::ContainerRuntime::exit_code(bundle)) {
    if (std::chrono::steady_clock::now() > until) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

// Makes the state true. We hold the lock, so nobody else is at work on it: what is half done stays so unless undone
// here.
void ContainerStore::settle(Container& container, Files files) {
  auto& state = container.state;
  if (is_settled(container)) return;
  const auto& record = container.record;
  const auto conmon = state.conmon;
  if (state.status == Status::kStarting) {
    base::log::info("undoing an unfinished start of container {}", record.id);
    clean_up(container, false);
    state = {};
    state.error = "davit ended while it started the container";
  } else if (is_running(state.status)) {
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
    state.oom_killed = same_boot && runtime_for(state).oom_killed(bundle);
    if (!code) {
      state.error = !same_boot              ? "the machine was restarted"
                    : state.conmon->alive() ? "conmon, the container's monitor, did not tell its end in time"
                                            : "conmon, the container's monitor, ended before it";
    }
    state.status = Status::kExited;
    state.init.reset();
    state.conmon.reset();
    if_there_is_space([&] {
      if (!fs::exists(bundle.folder / "result")) return;
      fs::File::open(bundle.folder / "result", {.access = fs::Access::kWrite})
          .write(base::as_byte_view(std::to_string(state.exit_code)));
    });
    const auto write_down = [&] { save(record, state, true); };
    const bool written = if_there_is_space(write_down);  // before the exit file goes
    clean_up(container, code.has_value(), written ? RunFolder::kRemove : RunFolder::kKeep);
    if (!written && if_there_is_space(write_down)) fs::remove_tree(bundle.folder);  // that made some
  } else {
    clean_up(container, false);
  }
  if (goes_at_end(record)) {
    if (state.status == Status::kExited && state.finished) {
      if_there_is_space([&] {
        exit_table().add({.id = record.id,
                          .name = record.description.name,
                          .exit_code = state.exit_code,
                          .finished = *state.finished});
      });
    }
    remove_locked(record, files == Files::kLeave && conmon ? &*conmon : nullptr);
  } else if (state.status == Status::kCreated) {
    save(record, state, true);
  }
}

// Processes, mounts, control groups and, unless it is to be kept, the run folder. Idempotent.
void ContainerStore::clean_up(const Container& container, bool ended, RunFolder kept) {
  const auto bundle = this->bundle(container.record);
  runtime_for(container.state).destroy(bundle, ended);
  options_.networks().release(container.record.id);
  options_.layers().unmount(bundle.folder / "rootfs");
  const auto shm = shared_memory(container.record.id);
  while (fs::exists(shm) && fs::unmount(shm)) {
  }
  release_mounts(bundle.folder / kStagedMounts);
  if (kept == RunFolder::kRemove) fs::remove_tree(bundle.folder);
}

void ContainerStore::finish(const std::string& id, Files files) {
  if (const auto held = lock(id)) {
    if (auto container = load(id)) settle(*container, files);
    return;
  }
  // Another process is removing it: nothing of it shall be left when we return, unless that process dies.
  for (int round = 0; round < kRemovalRounds && fs::exists(gone_folder(id)); ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void ContainerStore::exited(const std::string& id) {
  record_end(id);
  finish_removal(left_folder(id));
}

}  // namespace davit::container
