#include "container/volume_spec.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

// Each word of a mode is of one class, and a class has at most one word.
enum class ModeClass { kAccess, kLabel, kPropagation, kCopy, kConsistency };
struct ModeWord {
  std::string_view word;
  ModeClass of;
};
constexpr std::array kModeWords = {ModeWord{"ro", ModeClass::kAccess},
                                   ModeWord{"rw", ModeClass::kAccess},
                                   ModeWord{"z", ModeClass::kLabel},
                                   ModeWord{"Z", ModeClass::kLabel},
                                   ModeWord{"private", ModeClass::kPropagation},
                                   ModeWord{"rprivate", ModeClass::kPropagation},
                                   ModeWord{"shared", ModeClass::kPropagation},
                                   ModeWord{"rshared", ModeClass::kPropagation},
                                   ModeWord{"slave", ModeClass::kPropagation},
                                   ModeWord{"rslave", ModeClass::kPropagation},
                                   ModeWord{"nocopy", ModeClass::kCopy},
                                   ModeWord{"consistent", ModeClass::kConsistency},
                                   ModeWord{"cached", ModeClass::kConsistency},
                                   ModeWord{"delegated", ModeClass::kConsistency}};

const ModeWord* find_mode_word(std::string_view word) {
  const auto found =
      std::find_if(kModeWords.begin(), kModeWords.end(), [&](const ModeWord& row) { return row.word == word; });
  return found == kModeWords.end() ? nullptr : &*found;
}

// The words of a mode. Throws Error for one that is none, or two of one class.
std::vector<const ModeWord*> parse_mode(std::string_view mode) {
  std::vector<const ModeWord*> words;
  std::set<ModeClass> seen;
  for (const auto& word : base::split(mode, ',')) {
    const ModeWord* row = find_mode_word(word);
    if (row == nullptr || !seen.insert(row->of).second)
      throw Error::format(Code::kInvalidArgument, "invalid mode: {}", base::printable(mode));
    words.push_back(row);
  }
  return words;
}

void apply_mode(std::string_view mode, MountPoint& mount, std::string_view prefix) {
  const auto misplaced = [&](std::string_view kind, std::string_view field) {
    throw Error::format(Code::kInvalidArgument,
                        "{}invalid mount config for type \"{}\": field {} must not be specified", prefix, kind, field);
  };
  for (const ModeWord* word : parse_mode(mode)) {
    if (word->word == "ro") mount.read_only = true;
    if (word->of == ModeClass::kPropagation) {
      if (mount.kind != MountKind::kBind) misplaced("volume", "BindOptions");
      mount.propagation = word->word;
    }
    if (word->of == ModeClass::kCopy) {
      if (mount.kind != MountKind::kVolume) misplaced("bind", "VolumeOptions");
      mount.copy = false;
    }
  }
  mount.mode = mode;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

void check_volume_name(const std::string& name) {
  if (name.size() == 1) {
    throw Error::format(Code::kInvalidArgument,
                        "create {}: volume name is too short, names should be at least two alphanumeric characters",
                        base::printable(name));
  }
  const bool good = is_alphanumeric(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
                      return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
                    });
  if (good) return;
  throw Error::format(
      Code::kInvalidArgument,
      "create {0}: \"{0}\" includes invalid characters for a local volume name, only "
      "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path",
      base::printable(name));
}

void check_volume(const MountPoint& mount) {
  if (!mount.driver.empty() && mount.driver != "local") {
    throw Error::format(Code::kNotFound, "error looking up volume plugin {0}: plugin \"{0}\" not found",
                        base::printable(mount.driver));
  }
  if (!mount.source.empty()) check_volume_name(mount.source);
  for (const auto& [key, value] : mount.driver_options) {
    if (key != "type" && key != "o" && key != "device" && key != "size")
      throw Error::format(Code::kInvalidArgument, "create {}: invalid option: \"{}\"", mount.source,
                          base::printable(key));
  }
}

constexpr std::array<std::string_view, 6> kPropagations = {"private", "rprivate", "shared",
                                                           "rshared", "slave",    "rslave"};

std::string target_problem(const std::filesystem::path& target) {
  if (target.empty()) return "field Target must not be empty";
  if (target == "/") return "invalid specification: destination can't be '/'";
  if (!target.is_absolute())
    return fmt::format("invalid mount path: '{}' mount path must be absolute", base::printable(target.string()));
  if (base::printable(target.string(), std::string::npos) != target.string())
    return fmt::format("invalid mount path: '{}' holds control characters", base::printable(target.string()));
  return "";
}

std::string bind_problem(const MountPoint& mount) {
  const std::string shown = base::printable(mount.source);
  if (mount.source.empty()) return "field Source must not be empty";
  if (!mount.propagation.empty() &&
      std::find(kPropagations.begin(), kPropagations.end(), mount.propagation) == kPropagations.end())
    return "invalid propagation mode: " + base::printable(mount.propagation);
  if (mount.source.front() != '/') return "invalid mount path: '" + shown + "' mount path must be absolute";
  if (mount.source_must_exist && !base::fs::exists(mount.source)) return "bind source path does not exist: " + shown;
  return "";
}

std::string problem_of(const MountPoint& mount) {
  if (auto problem = target_problem(mount.target); !problem.empty()) return problem;
  switch (mount.kind) {
    case MountKind::kBind:
      return bind_problem(mount);
    case MountKind::kVolume:
      return mount.source.empty() && mount.read_only ? "must not set ReadOnly mode when using anonymous volumes" : "";
    case MountKind::kTmpfs:
      return mount.source.empty() ? "" : "field Source must not be specified";
  }
  return "";
}

std::string_view name_of(MountKind kind) {
  return kind == MountKind::kBind ? "bind" : kind == MountKind::kVolume ? "volume" : "tmpfs";
}

// Words of mount(8) that docker takes for a tmpfs.
constexpr std::array<std::string_view, 34> kTmpfsWords = {
    "defaults",   "ro",     "rw",       "suid",       "nosuid",      "dev",           "nodev",    "exec",    "noexec",
    "sync",       "async",  "dirsync",  "remount",    "mand",        "nomand",        "atime",    "noatime", "diratime",
    "nodiratime", "bind",   "rbind",    "unbindable", "runbindable", "private",       "rprivate", "shared",  "rshared",
    "slave",      "rslave", "relatime", "norelatime", "strictatime", "nostrictatime", "noswap"};

bool is_tmpfs_option(std::string_view option) {
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos)
    return std::find(kTmpfsWords.begin(), kTmpfsWords.end(), option) != kTmpfsWords.end();
  const std::string_view key = option.substr(0, equals);
  std::string_view value = option.substr(equals + 1);
  if (key == "mpol") return true;
  if (key == "size" || key == "nr_inodes" || key == "nr_blocks") {
    constexpr std::string_view kUnits = "kKmMgG%";
    if (!value.empty() && kUnits.find(value.back()) != std::string_view::npos) value.remove_suffix(1);
  } else if (key != "mode" && key != "uid" && key != "gid") {
    return false;
  }
  const std::string_view digits = key == "mode" ? "01234567" : "0123456789";
  return !value.empty() && value.find_first_not_of(digits) == std::string_view::npos;
}

}  // namespace

std::filesystem::path clean_path(const std::string& path) {
  auto normal = std::filesystem::path(path).lexically_normal();
  if (normal.string().starts_with("//")) normal = normal.string().substr(1);
  return normal.has_filename() || normal == "/" ? normal : normal.parent_path();
}

void check_mount(const MountPoint& mount, std::string_view prefix) {
  if (const auto problem = problem_of(mount); !problem.empty()) {
    throw Error::format(Code::kInvalidArgument, "{}invalid mount config for type \"{}\": {}", prefix,
                        name_of(mount.kind), problem);
  }
  if (mount.kind == MountKind::kVolume) check_volume(mount);
}

MountPoint parse_volume(std::string_view text) {
  const auto parts = base::split(text, ':');
  const std::string shown = base::printable(text);
  if (std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); }))
    throw Error::format(Code::kInvalidArgument, "invalid spec: {}: empty section between colons", shown);
  if (parts.size() > 3) throw Error::format(Code::kInvalidArgument, "invalid volume specification: '{}'", shown);
  const std::string prefix = "invalid volume specification: '" + shown + "': ";
  MountPoint mount = {.kind = MountKind::kVolume};
  if (parts.size() == 1) {
    mount.anonymous = true;
    mount.target = clean_path(parts[0]);
  } else {
    mount.source = parts[0];
    mount.target = clean_path(parts[1]);
    if (mount.source.front() == '/') {
      mount.kind = MountKind::kBind;
      mount.source = clean_path(mount.source).string();
    }
  }
  if (parts.size() == 3) apply_mode(parts[2], mount, prefix);
  check_mount(mount, prefix);
  return mount;
}

MountPoint parse_tmpfs(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string target(text.substr(0, colon));
  MountPoint mount = {.kind = MountKind::kTmpfs, .origin = MountOrigin::kTmpfsFlag};
  if (target.empty()) throw Error(Code::kInvalidArgument, "invalid mount path: '' mount path must be absolute");
  mount.target = clean_path(target);
  if (const auto problem = target_problem(mount.target); !problem.empty()) throw Error(Code::kInvalidArgument, problem);
  if (colon == std::string_view::npos) return mount;
  mount.options = text.substr(colon + 1);
  for (const auto& option : base::split(mount.options, ',')) {
    if (!option.empty() && !is_tmpfs_option(option))
      throw Error::format(Code::kInvalidArgument, "invalid tmpfs option [\"{}\"]", base::printable(option));
    if (option == "ro") mount.read_only = true;
    if (option == "rw") mount.read_only = false;
  }
  return mount;
}

VolumesFrom parse_volumes_from(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || text.empty())
    throw Error(Code::kInvalidArgument, "volumes-from specification cannot be an empty string");
  VolumesFrom from = {.container = std::string(text.substr(0, colon))};
  if (colon == std::string_view::npos) return from;
  const auto mode = text.substr(colon + 1);
  for (const ModeWord* word : parse_mode(mode)) {
    if (word->of == ModeClass::kPropagation || word->of == ModeClass::kCopy)
      throw Error::format(Code::kInvalidArgument, "invalid mode: {}", base::printable(mode));
    if (word->word == "ro") from.read_only = true;
  }
  return from;
}

}  // namespace davit::container
