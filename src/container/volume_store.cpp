#include "container/volume_store.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/log.h"
#include "base/process.h"
#include "base/strings.h"

namespace davit::container {

namespace {

namespace fs = base::fs;
namespace json = boost::json;
using base::Code;
using base::Error;
using Texts = std::map<std::string, std::string>;

constexpr int kFormat = 1;
constexpr std::size_t kAnonymousDigits = 64;
constexpr std::size_t kLongestName = 255;  // of a file
constexpr const char* kRecord = "volume.json";
constexpr const char* kNewPrefix = ".new-";
constexpr const char* kGonePrefix = ".gone-";
constexpr std::array<std::string_view, 4> kOptions = {"type", "o", "device", "size"};

bool is_name(std::string_view text) {
  const auto letter = [](unsigned char c) { return std::isalnum(c) != 0; };
  return !text.empty() && letter(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(),
                     [&](unsigned char c) { return letter(c) || c == '_' || c == '.' || c == '-'; });
}

void check_name(const std::string& name) {
  const auto shown = base::printable(name);
  if (name.size() == 1) {
    throw Error::format(Code::kInvalidArgument,
                        "create {}: volume name is too short, names should be at least two alphanumeric characters",
                        shown);
  }
  if (!is_name(name)) {
    throw Error::format(Code::kInvalidArgument,
                        "create {0}: \"{0}\" includes invalid characters for a local volume name, only "
                        "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use "
                        "absolute path",
                        shown);
  }
  if (name.size() > kLongestName) {
    throw Error::format(Code::kInvalidArgument, "create {}: the name is longer than {} characters", shown,
                        kLongestName);
  }
}

void check_options(const std::string& name, const Texts& options) {
  const auto refuse = [&](const std::string& why) {
    throw Error::format(Code::kInvalidArgument, "create {}: {}", name, why);
  };
  for (const auto& [key, value] : options) {
    if (std::find(kOptions.begin(), kOptions.end(), key) == kOptions.end())
      refuse("invalid option: \"" + base::printable(key) + "\"");
    if (key == "size") refuse("quota size requested but no quota support: davit's volumes are folders of the store");
  }
  if (options.empty()) return;
  for (const char* key : {"device", "type"}) {
    const auto found = options.find(key);
    if (found == options.end() || found->second.empty())
      refuse(std::string("missing required option: \"") + key + "\"");
  }
}

json::value to_json(const std::optional<Texts>& texts) {
  if (!texts) return nullptr;
  json::object object;
  for (const auto& [key, value] : *texts) object[key] = value;
  return object;
}

std::optional<Texts> texts_of(const json::value& value) {
  if (value.is_null()) return {};
  Texts texts;
  for (const auto& [key, text] : value.as_object()) texts[key] = json::value_to<std::string>(text);
  return texts;
}

Volume parse(const std::string& text, const std::filesystem::path& path) try {
  const auto value = json::parse(text);
  const auto& object = value.as_object();
  if (object.at("format").to_number<int>() > kFormat)
    throw Error::format(Code::kNotSupported, "{} was written by a newer davit", path.string());
  const auto created = base::parse_rfc3339(json::value_to<std::string>(object.at("created")));
  if (!created) throw Error(Code::kCorrupt, "not a time");
  return {.name = json::value_to<std::string>(object.at("name")),
          .created = *created,
          .labels = texts_of(object.at("labels")),
          .options = texts_of(object.at("options"))};
} catch (const Error& error) {
  if (error.code() == Code::kNotSupported) throw;
  throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), error.message());
} catch (const std::exception& error) {
  throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), error.what());
}

}  // namespace

base::FileLock VolumeStore::lock(base::FileLock::Mode mode) const {
  fs::make_directories(folder_);
  return base::FileLock::acquire(folder_ / ".lock", mode);
}

void VolumeStore::check(const VolumeOptions& options) {
  if (!options.name.empty()) check_name(options.name);
  if (!options.driver.empty() && options.driver != "local") {
    throw Error::format(Code::kNotFound, "create {}: error looking up volume plugin {}: plugin \"{}\" not found",
                        options.name, base::printable(options.driver), base::printable(options.driver));
  }
  if (options.options) check_options(options.name, *options.options);
}

Volume VolumeStore::create(const VolumeOptions& options) const {
  check(options);
  Volume volume = {.name = options.name, .created = base::now(), .labels = options.labels, .options = options.options};
  if (volume.name.empty()) {
    volume.name = base::random_hex(kAnonymousDigits / 2);
    if (!volume.labels) volume.labels.emplace();
    volume.labels->emplace(Volume::kAnonymousLabel, "");
  } else if (auto there = find(volume.name)) {
    return std::move(*there);
  }
  // Whole beside its place: it is there with all of its parts, or not at all.
  const auto draft = folder_ / (kNewPrefix + base::random_hex(8));
  fs::make_directory(draft, 0701);  // a volume's users need not be root
  fs::make_directory(draft / "_data", 0755);
  fs::write_file_durably(draft / kRecord, json::serialize(json::object{{"format", kFormat},
                                                                       {"name", volume.name},
                                                                       {"created", base::to_rfc3339(volume.created)},
                                                                       {"labels", to_json(volume.labels)},
                                                                       {"options", to_json(volume.options)}}));
  if (!fs::rename_new(draft, folder(volume.name))) {  // another process was first
    fs::remove_tree(draft);
    return get(volume.name);
  }
  fs::sync_directory(folder_);
  return volume;
}

std::optional<Volume> VolumeStore::find(const std::string& name) const {
  if (!is_name(name)) return {};
  const auto path = folder(name) / kRecord;
  const auto text = fs::read_file_if_exists(path);
  return text ? std::optional(parse(*text, path)) : std::nullopt;
}

Volume VolumeStore::get(const std::string& name) const {
  if (auto volume = find(name)) return std::move(*volume);
  throw Error::format(Code::kNotFound, "get {}: no such volume", base::printable(name));
}

std::vector<Volume> VolumeStore::list() const {
  std::vector<Volume> volumes;
  for (const auto& name : fs::list(folder_)) {
    try {
      if (auto volume = find(name)) volumes.push_back(std::move(*volume));
    } catch (const Error& error) {
      base::log::warn("volume {} is left out: {}", name, error.message());
    }
  }
  return volumes;
}

std::uint64_t VolumeStore::remove(const std::string& name) const {
  sweep();
  if (!is_name(name) || !fs::exists(folder(name))) return 0;
  const auto gone = folder_ / (kGonePrefix + base::random_hex(8));
  fs::rename(folder(name), gone);
  fs::sync_directory(folder_);
  return fs::remove_tree(gone);
}

// What a davit left that died while it made or removed a volume. Under the exclusive lock.
void VolumeStore::sweep() const {
  for (const auto& name : fs::list(folder_)) {
    if (name.starts_with(kNewPrefix) || name.starts_with(kGonePrefix)) fs::remove_tree(folder_ / name);
  }
}

void VolumeStore::mount(const Volume& volume, const std::filesystem::path& target) const {
  const auto option = [&](const char* key) {
    const auto found = volume.options->find(key);
    return found == volume.options->end() ? std::string() : found->second;
  };
  const std::string device = option("device"), o = option("o");
  const auto fail = [&](std::string_view why) {
    const auto data = this->data(volume.name).string();
    throw Error::format(Code::kIo, "error while mounting volume '{0}': failed to mount local volume: mount {1}:{0}{2}",
                        data, base::printable(device), why);
  };
  const auto words = base::split(o, ',');
  const bool binds = std::find(words.begin(), words.end(), "bind") != words.end();
  if (binds && !fs::exists(device)) fail(", flags: 0x1000: no such file or directory");

  base::ChildOptions mount = {.argv = {"mount", "-t", option("type")}};
  if (!o.empty()) mount.argv.insert(mount.argv.end(), {"-o", o});
  mount.argv.insert(mount.argv.end(), {"--", device, target.string()});
  const auto result = base::run(std::move(mount));
  if (result.status.ok()) return;
  // "mount: /target: why.", and a line that points at the kernel's log.
  std::string why = base::split(base::trim(result.err), '\n').front();
  const std::string prefix = "mount: " + target.string() + ": ";
  if (why.starts_with(prefix)) why.erase(0, prefix.size());
  fail(": " + base::printable(why));
}

VolumeStore::Usage VolumeStore::disk_usage() const {
  Usage usage;
  usage.other = fs::disk_bytes_of(folder_);
  for (const auto& name : fs::list(folder_)) {
    const auto all = fs::measure_tree(folder_ / name);
    if (is_name(name)) {
      usage.volumes[name] = {.size = fs::measure_tree(data(name)).size, .disk_bytes = all.disk_bytes};
    } else {
      usage.other += all.disk_bytes;
    }
  }
  return usage;
}

}  // namespace davit::container
