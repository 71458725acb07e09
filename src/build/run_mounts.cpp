#include "build/run_mounts.h"

#include <cstdlib>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/tree.h"
#include "base/strings.h"
#include "build/step_cache.h"
#include "build/tree_copy.h"
#include "layer/archive_name.h"

namespace davit::build {

namespace fs = base::fs;
using base::Code;
using base::Error;
using container::MountKind;
using dockerfile::Mount;
using dockerfile::MountType;

namespace {

constexpr std::uint32_t kSecretMode = 0400;
constexpr std::uint32_t kCacheMode = 0755;

std::filesystem::path absolute(const std::string& target, const std::string& working_dir) {
  return "/" + layer::clean_archive_path(target.starts_with('/') ? target : working_dir + "/" + target);
}

}  // namespace

RunMounts::RunMounts(const std::vector<Mount>& mounts, const std::string& working_dir, const BuildRequest& request,
                     const Places& places, const FindTree& find_tree)
    : request_(request), places_(places), find_tree_(find_tree), working_dir_(working_dir) {
  for (const auto& mount : mounts) add(mount);
}

void RunMounts::add(const Mount& mount) {
  if (mount.type == MountType::kSecret) return add_secret(mount);
  if (mount.type == MountType::kSsh) return add_agent(mount);
  const auto target = absolute(mount.target, working_dir_);
  if (mount.type == MountType::kBind) return add_bind(mount, target);
  if (mount.type == MountType::kCache) return add_cache(mount, target);
  points_.push_back(
      {.kind = MountKind::kTmpfs, .target = target, .size = static_cast<std::uint64_t>(mount.size_bytes)});
  keys_.push_back(fmt::format("tmpfs {} {}", target.string(), mount.size_bytes));
}

void RunMounts::put(std::string source, std::filesystem::path target, bool read_only) {
  points_.push_back({.kind = MountKind::kBind,
                     .source = std::move(source),
                     .target = std::move(target),
                     .read_only = read_only,
                     .source_must_exist = true});
}

void RunMounts::add_bind(const Mount& mount, const std::filesystem::path& target) {
  const auto tree = find_tree_(mount);
  const auto root = fs::Directory::open(tree.folder);
  const auto source = resolve_links(root, mount.source);
  if (!root.open_path_inside(source.empty() ? "." : source))
    throw Error::format(Code::kNotFound, "\"/{}\": not found", base::printable(source));
  put((tree.folder / source).string(), target, mount.read_only);
  keys_.push_back(fmt::format("bind {} {} {} {}", tree.key, source, target.string(), mount.read_only));
}

void RunMounts::add_cache(const Mount& mount, const std::filesystem::path& target) {
  if (!mount.from.empty())
    throw Error(Code::kNotSupported, "RUN --mount=type=cache,from=… is not supported: the cache begins empty");
  const auto sharing = mount.sharing.value_or(dockerfile::CacheSharing::kShared);
  const auto name = key_of({mount.id.empty() ? target.string() : mount.id});
  fs::make_directories(places_.caches);
  auto folder = places_.caches / name;
  if (sharing == dockerfile::CacheSharing::kLocked) {
    locks_.push_back(base::FileLock::acquire(folder.string() + ".lock"));
  } else if (sharing == dockerfile::CacheSharing::kPrivate) {
    for (int number = 0;; ++number) {  // the first that nobody has
      folder = places_.caches / fmt::format("{}-{}", name, number);
      if (auto lock = base::FileLock::try_acquire(folder.string() + ".lock")) {
        locks_.push_back(std::move(*lock));
        break;
      }
    }
  }
  if (!fs::exists(folder)) {
    fs::make_directories(folder, mount.mode.value_or(kCacheMode));
    const auto parent = fs::Directory::open(folder.parent_path());
    parent.set_owner(folder.filename(), {.uid = mount.uid.value_or(0), .gid = mount.gid.value_or(0)});
    parent.set_mode(folder.filename(), mount.mode.value_or(kCacheMode));
  }
  put(folder.string(), target, mount.read_only);
  keys_.push_back(fmt::format("cache {} {}", mount.id, target.string()));
}

void RunMounts::add_secret(const Mount& mount) {
  const auto id = !mount.id.empty() ? mount.id : std::filesystem::path(mount.target).filename().string();
  keys_.push_back("secret " + id + " " + mount.target);
  const auto found = request_.secrets.find(id);
  if (found == request_.secrets.end()) {
    if (mount.required) throw Error::format(Code::kNotFound, "secret {}: not found", base::printable(id));
    return;
  }
  std::string value;
  if (found->second.variable.empty()) {
    value = fs::read_file(found->second.file);
  } else {
    const char* variable = std::getenv(found->second.variable.c_str());
    value = variable == nullptr ? "" : variable;
  }
  if (mount.env) {
    env_.push_back((mount.env->empty() ? id : *mount.env) + "=" + value);
    if (mount.target.empty()) return;
  }
  secrets_.emplace_back(places_.scratch, "secret-");
  const auto& folder = secrets_.back().path();
  const auto mode = mount.mode.value_or(kSecretMode);
  fs::write_file(folder / "value", value, static_cast<mode_t>(mode));
  fs::Directory::open(folder).set_owner("value", {.uid = mount.uid.value_or(0), .gid = mount.gid.value_or(0)});
  put((folder / "value").string(), absolute(mount.target.empty() ? "/run/secrets/" + id : mount.target, working_dir_),
      true);
}

void RunMounts::add_agent(const Mount& mount) {
  const auto id = mount.id.empty() ? std::string("default") : mount.id;
  keys_.push_back("ssh " + id);
  const auto found = request_.agents.find(id);
  if (found == request_.agents.end()) {
    if (mount.required) throw Error::format(Code::kNotFound, "unset ssh forward key {}", base::printable(id));
    return;
  }
  const auto target = mount.target.empty() ? fmt::format("/run/buildkit/ssh_agent.{}", env_.size()) : mount.target;
  put(found->second.string(), absolute(target, working_dir_), false);
  env_.push_back("SSH_AUTH_SOCK=" + target);
}

}  // namespace davit::build
