// Records: making, finding and removing them.

#include "container/container_store.h"

#include <algorithm>
#include <cctype>
#include <csignal>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/log.h"
#include "base/strings.h"
#include "container/check_host.h"
#include "container/held_container.h"
#include "container/names.h"
#include "container/own_places.h"
#include "container/pause.h"
#include "container/pins.h"
#include "container/prepare_mounts.h"
#include "container/signals.h"
#include "container/volume_use.h"

namespace davit::container {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr std::size_t kIdDigits = 64;
constexpr const char* kNames = "names";  // ROOT/containers/names/NAME -> ID
constexpr const char* kNewPrefix = ".new-";
constexpr const char* kGonePrefix = ".gone-";
constexpr const char* kWithVolumes = "with-volumes";  // in the folder of one being removed: anonymous volumes go too
constexpr const char* kLeftPrefix = ".left-";
constexpr auto kPatienceWithExitCommand = std::chrono::seconds(10);

bool is_id(std::string_view text) { return text.size() == kIdDigits && base::is_hex(text); }

// As docker's: never all digits in the part that users see, which tools would take for a number.
std::string random_id() {
  while (true) {
    auto id = base::random_hex(kIdDigits / 2);
    if (!std::all_of(id.begin(), id.begin() + 12, [](unsigned char c) { return std::isdigit(c) != 0; })) return id;
  }
}

// A process and its runtime take C strings: what follows a NUL would be lost without a word.
void refuse_nul(std::string_view what, const std::string& value) {
  if (value.find('\0') != std::string::npos) {
    throw Error::format(Code::kInvalidArgument, "invalid {} \"{}\": it holds a NUL character", what,
                        base::printable(value));
  }
}

void check_text(const Description& description) {
  for (const auto& arg : description.args()) refuse_nul("argument", arg);
  for (const auto& line : description.env) refuse_nul("environment variable", line);
  refuse_nul("user", description.user);
  refuse_nul("working directory", description.working_dir);
  // It becomes a line of /etc/hosts.
  if (description.hostname != base::printable(description.hostname, std::string::npos)) {
    throw Error::format(Code::kInvalidArgument, "invalid hostname format: {}", base::printable(description.hostname));
  }
}

void check(Description& description) {
  if (!description.name.empty()) description.name = checked_name(description.name);
  if (description.args().empty()) throw Error(Code::kInvalidArgument, "No command specified");
  if (!description.working_dir.empty() && description.working_dir.front() != '/') {
    throw Error::format(Code::kInvalidArgument,
                        "the working directory '{}' is invalid, it needs to be an absolute path",
                        base::printable(description.working_dir));
  }
  check_text(description);
  if (!description.stop_signal.empty()) parse_signal(description.stop_signal);
  check_mounts(description);
}

// Files of containers that end with their run are not synced: after a power cut one that had just been written may be
// empty (never half: they are written beside and renamed). A container without its record never ran as far as anybody
// knows, and goes; one without its state has ended with the machine.
constexpr int kKilledByPowerCut = 137;

bool is_empty_file(const stdfs::path& path) {
  const auto text = fs::read_file_if_exists(path);
  return text && text->empty();
}

// A frozen process does not die. Where it cannot be resumed it may end all the same.
void resume_dying(HeldContainer& held) {
  if (held.state().status != Status::kPaused) return;
  try {
    unpause(held);
  } catch (const Error& error) {
    base::log::info("container {} is not resumed: {}", held.record().id, error.message());
  }
}

Error still_runs(const HeldContainer& held) {
  const bool paused = held.state().status == Status::kPaused;
  return Error::format(
      Code::kConflict, "You cannot remove a {} container {}. {} container before attempting removal or force remove",
      paused ? "paused" : "running", held.record().id, paused ? "Unpause and then stop the" : "Stop the");
}

void check_runtime(const std::string& wanted) {
  try {
    runtime::choose_runtime(wanted, {}, {});
  } catch (const Error&) {
    throw Error::format(Code::kInvalidArgument, "Unknown runtime specified {}", base::printable(wanted));
  }
}

}  // namespace

ContainerStore::ContainerStore(Options options)
    : options_(std::move(options)), containers_(options_.root / "containers"), volumes_(options_.root) {}

Container ContainerStore::create(Description description, std::vector<std::string>* warnings) {
  name_volumes(description);
  check(description);
  auto told = check_host(description);
  if (warnings != nullptr) *warnings = std::move(told);
  if (!description.runtime.empty()) check_runtime(description.runtime);
  fs::make_directories(containers_ / kNames);
  sweep();
  const bool has_volumes = std::any_of(description.mounts.begin(), description.mounts.end(),
                                       [](const MountPoint& mount) { return mount.kind == MountKind::kVolume; });
  std::optional<base::FileLock> volumes_lock;
  if (has_volumes) volumes_lock = volumes_.lock(base::FileLock::Mode::kShared);
  std::optional<base::FileLock> names_lock = base::FileLock::acquire(containers_ / "lock");

  Container container;
  auto& record = container.record;
  record.id = random_id();
  record.created = base::now();
  description.name = reserve_name(description.name, record.id);
  record.description = std::move(description);
  if (!record.description.cgroup_parent.empty()) cgroup_place(record);  // throws where it cannot be
  const bool durably = !record.description.auto_remove;  // one that ends with its run need not outlive a power cut

  // Made whole beside its place: a container is there with all of its parts, or not at all.
  const auto draft = containers_ / (kNewPrefix + record.id);
  fs::make_directory(draft);
  fs::make_directory(draft / "upper", 0755);  // becomes the container's /
  fs::make_directory(draft / "work");
  if (durably) {
    fs::write_file_durably(draft / "container.json", to_json(record));
  } else {
    fs::write_file(draft / "container.json", to_json(record));
  }
  const auto link = containers_ / kNames / record.description.name;
  fs::remove(link);  // a stale one, as reserve_name found it free
  fs::symbolic_link(record.id, link);
  fs::rename(draft, folder(record.id));
  if (durably) {
    fs::sync_directory(containers_ / kNames);
    fs::sync_directory(containers_);
  }
  names_lock.reset();
  try {
    make_volumes(volumes_, record.description);  // those that a davit has no time for come at the start
  } catch (...) {
    volumes_lock.reset();
    remove(record.id, false, true);
    throw;
  }
  return container;
}

// The wanted name, or a random one, that no container has. Under the names' lock.
std::string ContainerStore::reserve_name(const std::string& wanted, const std::string& id) const {
  if (!wanted.empty()) {
    if (const auto holder = id_of_name(wanted)) {
      throw Error::format(
          Code::kConflict,
          "Conflict. The container name \"/{}\" is already in use by container \"{}\". You have to remove (or "
          "rename) that container to be able to reuse that name.",
          wanted, *holder);
    }
    return wanted;
  }
  for (unsigned attempt = 0; attempt < 100; ++attempt) {
    auto name = random_name(attempt);
    if (!id_of_name(name)) return name;
  }
  return id.substr(0, 12);
}

// Whether a folder that was left to an exit command is so old that none comes for it any more.
bool ContainerStore::is_forgotten(const std::string& name) const {
  if (!name.starts_with(kLeftPrefix)) return false;
  const auto left = fs::changed_at(containers_ / name);  // its state was written just before
  return left && base::now() - *left > kPatienceWithExitCommand;
}

// Removes what a davit left that died while it made or removed a container. What another is making has a lock that is
// held, and its name goes before that.
void ContainerStore::sweep() {
  std::vector<stdfs::path> gone;
  {
    const auto names_lock = base::FileLock::acquire(containers_ / "lock");
    bool found = false;
    for (const auto& name : fs::list(containers_)) {
      if (name.starts_with(kGonePrefix) || is_forgotten(name)) gone.push_back(containers_ / name);
      if (is_id(name) && is_empty_file(containers_ / name / "container.json")) gone.push_back(containers_ / name);
      if (name.starts_with(kNewPrefix)) {
        fs::remove_tree(containers_ / name);
        found = true;
      }
    }
    if (found || !gone.empty()) remove_stale_names();
  }
  for (const auto& folder : gone) {
    try {
      finish_removal(folder);
    } catch (const Error& error) {  // another process is removing it at this moment
      base::log::debug("{} stays for now: {}", folder.string(), error.message());
    }
  }
}

// One that died there may have left the name behind.
void ContainerStore::remove_stale_names() const {
  for (const auto& name : fs::list(containers_ / kNames)) {
    const auto id = fs::read_link(containers_ / kNames / name);
    if (id && !fs::exists(folder(*id))) fs::remove(containers_ / kNames / name);
  }
}

std::optional<Container> ContainerStore::load(const std::string& id) const {
  const auto path = folder(id) / "container.json";
  const auto text = fs::read_file_if_exists(path);
  if (!text || text->empty()) return {};  // see sweep()
  Container container{parse_record(*text, path), {}};
  const auto state_path = folder(id) / "state.json";
  const auto state = fs::read_file_if_exists(state_path);
  if (state && state->empty()) {
    container.state.status = Status::kExited;
    container.state.exit_code = kKilledByPowerCut;
    container.state.error = "the machine was restarted";
  } else if (state) {
    container.state = parse_state(*state, state_path);
  }
  return container;
}

std::optional<Container> ContainerStore::load_settled(const std::string& id) {
  auto container = load(id);
  if (!container || is_settled(*container) || is_ending(*container)) return container;
  // Something is under way, or was when a davit died. The lock tells which.
  auto held = base::FileLock::try_acquire(folder(id) / "lock");
  if (!held) return container;
  if (!held->still_named(folder(id) / "lock")) return {};
  container = load(id);
  if (container && !is_ending(*container)) settle(*container);
  held.reset();
  return container && fs::exists(folder(id)) ? container : std::nullopt;
}

std::vector<std::string> ContainerStore::ids() const {
  auto names = fs::list(containers_);
  std::erase_if(names, [](const std::string& name) { return !is_id(name); });
  return names;
}

std::optional<std::string> ContainerStore::id_of_name(const std::string& name) const {
  const auto id = fs::read_link(containers_ / kNames / name);
  if (!id || !is_id(*id)) return {};
  const auto path = folder(*id) / "container.json";
  const auto text = fs::read_file_if_exists(path);
  if (!text || text->empty() || parse_record(*text, path).description.name != name) return {};
  return id;
}

std::optional<std::string> ContainerStore::find_id(std::string_view text) const {
  const std::string wanted(text.starts_with('/') ? text.substr(1) : text);
  if (wanted.empty() || wanted.find('/') != std::string::npos) return {};
  if (is_id(wanted) && fs::exists(folder(wanted))) return wanted;
  if (auto id = id_of_name(wanted)) return id;
  if (!base::is_hex(wanted) || wanted.size() > kIdDigits) return {};
  std::optional<std::string> found;
  for (const auto& id : ids()) {
    if (!id.starts_with(wanted)) continue;
    if (found) throw Error::format(Code::kInvalidArgument, "Multiple IDs found with provided prefix: {}", wanted);
    found = id;
  }
  return found;
}

std::optional<Container> ContainerStore::find(std::string_view text) {
  const auto id = find_id(text);
  return id ? load_settled(*id) : std::nullopt;
}

Container ContainerStore::get(std::string_view text) {
  if (auto container = find(text)) return std::move(*container);
  throw Error::format(Code::kNotFound, "No such container: {}", base::printable(text));
}

std::vector<Container> ContainerStore::list(Unreadable unreadable) {
  std::vector<std::unique_ptr<Container>> loaded;  // sorted by pointers: a container is large
  for (const auto& id : ids()) {
    try {
      if (auto container = load_settled(id)) loaded.push_back(std::make_unique<Container>(std::move(*container)));
    } catch (const Error& error) {
      if (unreadable == Unreadable::kThrow && error.code() != Code::kNotFound) throw;
      base::log::warn("container {} is left out: {}", id, error.message());
    }
  }
  std::stable_sort(loaded.begin(), loaded.end(),
                   [](const auto& a, const auto& b) { return a->record.created > b->record.created; });
  std::vector<Container> containers;
  containers.reserve(loaded.size());
  for (auto& container : loaded) containers.push_back(std::move(*container));
  return containers;
}

std::vector<Record> ContainerStore::records() const {
  std::vector<Record> records;
  for (const auto& id : ids()) {
    const auto path = folder(id) / "container.json";
    const auto text = fs::read_file_if_exists(path);
    if (text && !text->empty()) records.push_back(parse_record(*text, path));
  }
  std::stable_sort(records.begin(), records.end(),
                   [](const Record& a, const Record& b) { return a.created > b.created; });
  return records;
}

std::optional<base::ProcessIdentity> ContainerStore::init_of(const std::string& id) const {
  const auto container = load(id);
  if (!container || !container->running() || !container->state.init->alive()) return {};
  return container->state.init;
}

std::optional<base::FileLock> ContainerStore::lock(const std::string& id) const {
  const auto path = folder(id) / "lock";
  if (!fs::exists(folder(id))) return {};
  try {
    auto held = base::FileLock::acquire(path);
    if (held.still_named(path)) return held;
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
  return {};  // removed while we waited
}

// The state, as one step. Durable where it must outlive a power cut: the end of a container that stays.
void ContainerStore::save(const Record& record, const State& state, bool durably) const {
  const auto path = folder(record.id) / "state.json";
  if (durably && !record.description.auto_remove) {
    fs::write_file_durably(path, to_json(state));
  } else {
    fs::write_file(path, to_json(state));
  }
}

// Under the container's lock, nothing of it running or mounted. Returns the bytes of disk given back.
std::uint64_t ContainerStore::remove_locked(const Record& record, const base::ProcessIdentity* monitor, bool volumes) {
  const auto gone = monitor != nullptr ? left_folder(record.id) : gone_folder(record.id);
  if (volumes || record.description.auto_remove) {
    const auto& mounts = record.description.mounts;
    if (std::any_of(mounts.begin(), mounts.end(), [](const MountPoint& mount) { return mount.anonymous; })) {
      try {
        fs::write_file(folder(record.id) / kWithVolumes, "");
      } catch (const Error& error) {
        if (error.code() != Code::kNoSpace) throw;
        fs::remove(log_file(record.id));  // which is what fills disks, and goes anyway
        fs::write_file(folder(record.id) / kWithVolumes, "");
      }
    }
  }
  {
    const auto names_lock = base::FileLock::acquire(containers_ / "lock");
    fs::rename(folder(record.id), gone);  // from here on it is not there
    const auto link = containers_ / kNames / record.description.name;
    if (fs::read_link(link) == record.id) fs::remove(link);
  }
  fs::remove_tree(run_folder(record.id));  // kept where a full disk did not let its end be written down
  const std::uint64_t bytes = remove_volumes_of(gone);
  // It lives until its exit command has ended, and that one waits for the lock that we hold.
  if (monitor != nullptr && monitor->alive()) return bytes;
  return bytes + fs::remove_tree(gone);
}

// Of a folder that has lost its name.
std::uint64_t ContainerStore::finish_removal(const stdfs::path& gone) {
  const std::uint64_t bytes = remove_volumes_of(gone);
  return bytes + fs::remove_tree(gone);
}

std::uint64_t ContainerStore::remove_volumes_of(const stdfs::path& gone) {
  if (!fs::exists(gone / kWithVolumes)) return 0;
  const auto path = gone / "container.json";
  try {
    const auto text = fs::read_file_if_exists(path);
    return text ? remove_anonymous_volumes(*this, parse_record(*text, path).description) : 0;
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    base::log::warn("volumes of a removed container stay: {}", error.message());
    return 0;
  }
}

std::uint64_t ContainerStore::remove(const std::string& id, bool force, bool volumes) {
  HeldContainer held = hold(id);
  require_unpinned(held);
  if (held.running()) {
    if (!force) throw still_runs(held);
    held.state().init->signal(SIGKILL);
    resume_dying(held);
    if (!held.state().init->wait_gone(std::chrono::seconds(10))) {
      throw Error::format(Code::kTimeout, "container {} did not end 10 seconds after SIGKILL", id);
    }
    settle(held.container_);
    if (!fs::exists(folder(id))) return 0;  // it was to be removed at its end
  }
  return remove_locked(held.record(), nullptr, volumes);
}

ContainerStore::Usage ContainerStore::disk_usage() const {
  Usage usage;
  usage.other = fs::disk_bytes_of(containers_);
  for (const auto& name : fs::list(containers_)) {
    const auto all = fs::measure_tree(containers_ / name);
    if (is_id(name)) {
      usage.containers[name] = {.size = written_bytes(name), .disk_bytes = all.disk_bytes};
    } else {
      usage.other += all.disk_bytes;
    }
  }
  return usage;
}

std::uint64_t ContainerStore::written_bytes(const std::string& id) const {
  const auto upper = folder(id) / "upper";
  return fs::exists(upper) ? written_size(upper) : 0;
}

}  // namespace davit::container
