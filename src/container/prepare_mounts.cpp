#include "container/prepare_mounts.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "container/host_propagation.h"
#include "container/own_places.h"
#include "container/volume_fill.h"

namespace davit::container {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

// Options of a tmpfs that take no value, each with what it undoes.
struct TmpfsFlag {
  std::string_view name, opposite;
};
constexpr std::array kTmpfsFlags = {
    TmpfsFlag{"ro", "rw"},
    TmpfsFlag{"rw", "ro"},
    TmpfsFlag{"nosuid", "suid"},
    TmpfsFlag{"suid", "nosuid"},
    TmpfsFlag{"nodev", "dev"},
    TmpfsFlag{"dev", "nodev"},
    TmpfsFlag{"noexec", "exec"},
    TmpfsFlag{"exec", "noexec"},
    TmpfsFlag{"sync", "async"},
    TmpfsFlag{"async", "sync"},
    TmpfsFlag{"dirsync", ""},
    TmpfsFlag{"mand", "nomand"},
    TmpfsFlag{"nomand", "mand"},
    TmpfsFlag{"noatime", "atime"},
    TmpfsFlag{"atime", "noatime"},
    TmpfsFlag{"nodiratime", "diratime"},
    TmpfsFlag{"diratime", "nodiratime"},
    TmpfsFlag{"bind", ""},
    TmpfsFlag{"rbind", ""},
    TmpfsFlag{"unbindable", ""},
    TmpfsFlag{"runbindable", ""},
    TmpfsFlag{"private", ""},
    TmpfsFlag{"rprivate", ""},
    TmpfsFlag{"shared", ""},
    TmpfsFlag{"rshared", ""},
    TmpfsFlag{"slave", ""},
    TmpfsFlag{"rslave", ""},
    TmpfsFlag{"relatime", "norelatime"},
    TmpfsFlag{"norelatime", "relatime"},
    TmpfsFlag{"strictatime", "nostrictatime"},
    TmpfsFlag{"nostrictatime", "strictatime"},
    TmpfsFlag{"remount", ""},
};
constexpr std::array<std::string_view, 7> kTmpfsValues = {"mode", "uid",       "gid",      "size",
                                                          "mpol", "nr_inodes", "nr_blocks"};

// Of /proc's files those that stand for what a container may be told otherwise; runc's list.
constexpr std::array<std::string_view, 11> kReplaceable = {"cpuinfo",
                                                           "diskstats",
                                                           "loadavg",
                                                           "meminfo",
                                                           "net/dev",
                                                           "slabinfo",
                                                           "stat",
                                                           "swaps",
                                                           "sys/crypto/fips_enabled",
                                                           "sys/kernel/ns_last_pid",
                                                           "uptime"};
constexpr std::string_view kProc = "/proc";
constexpr std::string_view kProcFilesystem = "0x9fa0";  // as fs::filesystem_type() has it

// A container whose /proc is not the kernel's would fool whatever looks there, davit included. In the words of runc,
// as crun takes it without one.
void check_proc(const MountPoint& mount) {
  const std::string target = mount.target.string();
  std::string why;
  if (target == kProc) {
    const bool is_proc = mount.kind == MountKind::kBind && fs::exists(mount.source) &&
                         fs::filesystem_type(mount.source) == kProcFilesystem;
    if (!is_proc) why = "not of type proc";
  } else if (target.starts_with("/proc/")) {
    const std::string_view inside = std::string_view(target).substr(kProc.size() + 1);
    if (std::find(kReplaceable.begin(), kReplaceable.end(), inside) == kReplaceable.end()) why = "inside /proc";
  }
  if (why.empty()) return;
  throw Error::format(Code::kInvalidArgument,
                      "error mounting \"{0}\" to rootfs at \"{1}\": \"{1}\" cannot be mounted because it is {2}",
                      base::printable(mount.kind == MountKind::kTmpfs ? "tmpfs" : mount.source),
                      base::printable(target), why);
}

[[noreturn]] void refuse_missing(const std::string& source) {
  throw Error::format(Code::kInvalidArgument,
                      "invalid mount config for type \"bind\": bind source path does not exist: {}",
                      base::printable(source));
}

void make_source(const std::string& source) try { fs::make_directories(source, 0755); } catch (const Error& error) {
  throw Error::format(error.code(), "error while creating mount source path '{}': {}", base::printable(source),
                      error.message());
}

std::size_t depth(const stdfs::path& path) { return static_cast<std::size_t>(std::distance(path.begin(), path.end())); }

class Preparation {
 public:
  explicit Preparation(const MountPlaces& places) : places_(places) {}

  void add(const MountPoint& mount) {
    switch (mount.kind) {
      case MountKind::kBind:
        return add_bind(mount);
      case MountKind::kVolume:
        return add_volume(mount);
      case MountKind::kTmpfs:
        prepared_.mounts.push_back({mount.target, "tmpfs", "tmpfs", tmpfs_options(mount)});
    }
  }

  PreparedMounts take() {
    std::stable_sort(
        prepared_.mounts.begin(), prepared_.mounts.end(),
        [](const runtime::Mount& a, const runtime::Mount& b) { return depth(a.target) < depth(b.target); });
    return std::move(prepared_);
  }

 private:
  void add_bind(const MountPoint& mount) {
    if (!fs::exists(mount.source)) {
      if (mount.source_must_exist) refuse_missing(mount.source);
      make_source(mount.source);
    }
    std::string propagation = mount.propagation.empty() ? "rprivate" : mount.propagation;
    // crun takes the r for that of rbind; without what is mounted below the two mean the same.
    if (!mount.recursive && propagation.starts_with('r')) propagation.erase(0, 1);
    require_propagation(propagation, mount.source);
    if (propagation.ends_with("shared")) {
      prepared_.root_propagation = "shared";
    } else if (propagation.ends_with("slave") && prepared_.root_propagation.empty()) {
      prepared_.root_propagation = "rslave";
    }
    add_source(mount, mount.source, {mount.recursive ? "rbind" : "bind", propagation});
  }

  void add_volume(const MountPoint& mount) {
    auto volume = places_.volumes.find(mount.source);
    if (!volume) {  // its container was made, and davit died before the volume was
      const auto lock = places_.volumes.lock(base::FileLock::Mode::kShared);
      volume = places_.volumes.create(volume_options(mount));
    }
    if (mount.subpath.empty()) make_place(places_.root, mount.target.relative_path(), true);
    auto data = places_.volumes.data(volume->name);
    if (volume->is_mounted()) {
      data = next_place();
      fs::make_directories(data);
      if (const auto mount_there = places_.share(volume->name)) {
        fs::attach_mount(*mount_there, data);
      } else {
        places_.volumes.mount(*volume, data);
      }
    }
    if (mount.copy && places_.fill) fill_volume(*volume, data, places_.volumes, places_.root, mount.target);
    if (!mount.subpath.empty()) data = stage_subpath(*volume, data, mount.subpath);
    add_source(mount, data, {"rbind", mount.propagation.empty() ? "rprivate" : mount.propagation});
  }

  // A part of a volume, held while the runtime looks it up by name: a container that shares the volume may put a link
  // in its place at any time.
  stdfs::path stage_subpath(const Volume& volume, const stdfs::path& data, const std::string& subpath) {
    const auto folder = fs::Directory::open(data);
    const auto part = folder.open_path_inside(subpath);
    if (!part) {
      throw Error::format(Code::kNotFound, "cannot access path {} of volume {}: no such file or directory",
                          base::printable(subpath), volume.name);
    }
    const auto mount = fs::open_bind(*part, fs::Below::kTakeAlong, data / subpath);
    const auto place = next_place();
    if (fs::is_directory("/proc/self/fd/" + std::to_string(part->get()) + "/.")) {
      fs::make_directories(place);
    } else {
      fs::write_file(place, "");
    }
    fs::attach_mount(mount, place);
    return place;
  }

  stdfs::path next_place() {
    fs::make_directories(places_.staging);
    return places_.staging / std::to_string(staged_++);
  }

  void add_source(const MountPoint& mount, const stdfs::path& source, std::vector<std::string> options) {
    if (mount.read_only) options.emplace_back("ro");
    if (mount.recursive_read_only) options.emplace_back("rro");
    prepared_.mounts.push_back({mount.target, "bind", source.string(), std::move(options)});
  }

  const MountPlaces& places_;
  PreparedMounts prepared_;
  std::size_t staged_ = 0;
};

}  // namespace

PreparedMounts prepare_mounts(const Description& description, const MountPlaces& places) {
  Preparation preparation(places);
  for (const auto& mount : description.mounts) preparation.add(mount);
  return preparation.take();
}

void release_mounts(const stdfs::path& staging) {
  const auto places = fs::list(staging);
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    while (fs::unmount(staging / *place)) {
    }
  }
  fs::remove_tree(staging);
}

void check_mounts(const Description& description) {
  for (const auto& mount : description.mounts) {
    check_proc(mount);
    if (mount.kind == MountKind::kTmpfs) tmpfs_options(mount);
    if (mount.kind == MountKind::kVolume) VolumeStore::check(volume_options(mount));
    if (mount.kind == MountKind::kBind && mount.source_must_exist && !fs::exists(mount.source))
      refuse_missing(mount.source);
  }
}

std::vector<runtime::Mount> with_mounts(std::vector<runtime::Mount> own, const std::vector<runtime::Mount>& asked) {
  const auto is_asked = [&](const stdfs::path& target) {
    return std::any_of(asked.begin(), asked.end(), [&](const runtime::Mount& mount) { return mount.target == target; });
  };
  // What takes the place of /dev takes that of all in it.
  const bool dev = is_asked("/dev");
  std::erase_if(own, [&](const runtime::Mount& mount) {
    return is_asked(mount.target) || (dev && mount.target.string().starts_with("/dev/"));
  });
  own.insert(own.end(), asked.begin(), asked.end());
  return own;
}

std::vector<std::string> tmpfs_options(const MountPoint& mount) {
  std::vector<std::string> asked = base::split(mount.options, ',');
  std::erase(asked, "");
  if (mount.read_only) asked.emplace_back("ro");
  if (mount.permissions != 0) asked.push_back(fmt::format("mode={:o}", mount.permissions));
  if (mount.size != 0) asked.push_back("size=" + std::to_string(mount.size));

  std::vector<std::string> options = {"noexec", "nosuid", "nodev"};
  for (const auto& option : asked) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto flag =
        std::find_if(kTmpfsFlags.begin(), kTmpfsFlags.end(), [&](const TmpfsFlag& row) { return row.name == option; });
    const bool has_value =
        equals != std::string::npos && std::find(kTmpfsValues.begin(), kTmpfsValues.end(), key) != kTmpfsValues.end();
    if (flag == kTmpfsFlags.end() && !has_value)
      throw Error::format(Code::kInvalidArgument, "Invalid tmpfs option [\"{}\"]", base::printable(option));
    std::erase_if(options, [&](const std::string& other) {
      if (has_value) return other.starts_with(key + "=");
      return other == option || other == flag->opposite;
    });
    options.push_back(option);
  }
  return options;
}

}  // namespace davit::container
