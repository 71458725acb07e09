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
#include "container/names.h"
#include "container/signals.h"

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
  for (const auto& arg : description.args) refuse_nul("argument", arg);
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
  if (description.args.empty()) throw Error(Code::kInvalidArgument, "No command specified");
  if (!description.working_dir.empty() && description.working_dir.front() != '/') {
    throw Error::format(Code::kInvalidArgument,
                        "the working directory '{}' is invalid, it needs to be an absolute path",
                        base::printable(description.working_dir));
  }
  check_text(description);
  if (!description.stop_signal.empty()) parse_signal(description.stop_signal);
}

}  // namespace

ContainerStore::ContainerStore(Options options)
    : options_(std::move(options)), containers_(options_.root / "containers") {}

Container ContainerStore::create(Description description) {
  check(description);
  fs::make_directories(containers_ / kNames);
  const auto names_lock = base::FileLock::acquire(containers_ / "lock");
  sweep();

  Container container;
  auto& record = container.record;
  record.id = random_id();
  record.created = base::now();
  description.name = reserve_name(description.name, record.id);
  record.description = std::move(description);
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

// Removes what a davit left that died while it made or removed a container. Under the names' lock, which covers making.
void ContainerStore::sweep() const {
  for (const auto& name : fs::list(containers_)) {
    if (!name.starts_with(kNewPrefix) && !name.starts_with(kGonePrefix)) continue;
    try {
      fs::remove_tree(containers_ / name);
    } catch (const Error& error) {  // another process is removing it at this moment
      base::log::debug("{} stays for now: {}", name, error.message());
    }
  }
}

std::optional<Container> ContainerStore::load(const std::string& id) const {
  const auto path = folder(id) / "container.json";
  const auto text = fs::read_file_if_exists(path);
  if (!text) return {};
  Container container{parse_record(*text, path), {}};
  const auto state_path = folder(id) / "state.json";
  if (const auto state = fs::read_file_if_exists(state_path)) container.state = parse_state(*state, state_path);
  return container;
}

std::optional<Container> ContainerStore::load_settled(const std::string& id) {
  auto container = load(id);
  if (!container || is_settled(container->state)) return container;
  // Something is under way, or was when a davit died. The lock tells which.
  auto held = base::FileLock::try_acquire(folder(id) / "lock");
  if (!held) return container;
  if (!held->still_named(folder(id) / "lock")) return {};
  container = load(id);
  if (container) settle(*container);
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
  if (!text || parse_record(*text, path).description.name != name) return {};
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
  std::vector<Container> containers;
  for (const auto& id : ids()) {
    try {
      if (auto container = load_settled(id)) containers.push_back(std::move(*container));
    } catch (const Error& error) {
      if (unreadable == Unreadable::kThrow && error.code() != Code::kNotFound) throw;
      base::log::warn("container {} is left out: {}", id, error.message());
    }
  }
  std::stable_sort(containers.begin(), containers.end(),
                   [](const Container& a, const Container& b) { return a.record.created > b.record.created; });
  return containers;
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
std::uint64_t ContainerStore::remove_locked(const Record& record) {
  const auto gone = gone_folder(record.id);
  {
    const auto names_lock = base::FileLock::acquire(containers_ / "lock");
    fs::rename(folder(record.id), gone);  // from here on it is not there
    const auto link = containers_ / kNames / record.description.name;
    if (fs::read_link(link) == record.id) fs::remove(link);
  }
  return fs::remove_tree(gone);
}

std::uint64_t ContainerStore::remove(const std::string& id, bool force) {
  const auto held = lock(id);
  auto container = held ? load(id) : std::nullopt;
  if (!container) throw Error::format(Code::kNotFound, "No such container: {}", id);
  settle(*container);
  if (!fs::exists(folder(id))) return 0;  // it was to be removed at its end
  if (container->running()) {
    if (!force) {
      throw Error::format(
          Code::kConflict,
          "You cannot remove a running container {}. Stop the container before attempting removal or force remove", id);
    }
    container->state.init->signal(SIGKILL);
    if (!container->state.init->wait_gone(std::chrono::seconds(10))) {
      throw Error::format(Code::kTimeout, "container {} did not end 10 seconds after SIGKILL", id);
    }
    settle(*container);
    if (!fs::exists(folder(id))) return 0;
  }
  return remove_locked(container->record);
}

ContainerStore::Usage ContainerStore::disk_usage() const {
  Usage usage;
  usage.other = fs::disk_bytes_of(containers_);
  for (const auto& name : fs::list(containers_)) {
    const auto all = fs::measure_tree(containers_ / name);
    if (is_id(name)) {
      usage.containers[name] = {.size = fs::measure_tree(folder(name) / "upper").size, .disk_bytes = all.disk_bytes};
    } else {
      usage.other += all.disk_bytes;
    }
  }
  return usage;
}

}  // namespace davit::container
