#include "layer/unpack_folders.h"

#include <charconv>
#include <climits>

#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/strings.h"
#include "layer/archive_name.h"

namespace davit::layer {

using base::Code;
using base::Error;
using base::fs::Directory;

namespace {

constexpr int kMostLinks = 40;  // as the kernel's MAXSYMLINKS

// Asked of /proc, as umask(2) can only be read by changing it, for all threads.
mode_t process_umask() {
  const std::string status = base::fs::read_file("/proc/self/status");
  constexpr std::string_view kKey = "\nUmask:\t";
  const std::size_t at = status.find(kKey);
  unsigned mask = 0777;  // not told: set each mode explicitly
  if (at != std::string::npos) {
    const char* begin = status.data() + at + kKey.size();
    std::from_chars(begin, status.data() + status.size(), mask, 8);
  }
  return mask;
}

}  // namespace

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0); }

UnpackFolders::UnpackFolders(const Directory& parent, std::string name)
    : parent_(parent), name_(std::move(name)), umask_(process_umask()) {
  parent_.make_directory(name_, kImpliedMode);
  if (umask_ & kImpliedMode) parent_.set_mode(name_, kImpliedMode);
  states_[""].implied = true;
  root_ = opened(*parent_.child(name_), "");
}

FolderPtr UnpackFolders::open(const std::string& path) { return look_up(path, true); }
FolderPtr UnpackFolders::find(const std::string& path) { return look_up(path, false); }

FolderPtr UnpackFolders::look_up(const std::string& path, bool make) {
  if (path.empty()) return root_;
  if (const auto found = by_path_.find(path); found != by_path_.end()) {
    if (found->second != recent_.begin()) recent_.splice(recent_.begin(), recent_, found->second);
    return recent_.front().second;
  }
  const FolderPtr parent = look_up(std::string(parent_of(path)), make);
  if (!parent) return nullptr;
  int links = 0;
  FolderPtr folder = step(parent, std::string(last_of(path)), make, links);
  if (!folder) return nullptr;
  recent_.emplace_front(path, folder);
  by_path_[recent_.front().first] = recent_.begin();
  if (recent_.size() > kOpenFolders) {
    by_path_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return folder;
}

FolderPtr UnpackFolders::step(const FolderPtr& from, const std::string& name, bool make, int& links) {
  std::string path = join_path(from->path, name);
  if (path.size() >= PATH_MAX) {
    throw Error::format(Code::kInvalidArgument, "layer entry '{}': its path is longer than 4095 bytes",
                        base::printable(path));
  }
  if (auto child = from->directory.child(name)) return opened(std::move(*child), std::move(path));
  const auto status = from->directory.status(name);
  if (status && S_ISLNK(status->st_mode)) {
    if (++links > kMostLinks) {
      if (!make) return nullptr;
      throw Error::format(Code::kInvalidArgument, "layer entry '{}': too many levels of links", base::printable(path));
    }
    return follow(from, from->directory.read_link(name).value_or(""), make, links);
  }
  if (!make) return nullptr;
  if (status && is_whiteout(*status)) {
    // The whiteout of a name under which the same layer has a folder: that folder, without what lower layers have.
    from->directory.remove(name);
    make_implied(from, name, {});
    mark_opaque(path);
  } else if (status) {
    throw Error::format(Code::kInvalidArgument, "layer entry '{}' is not a folder, but another entry lies in it",
                        base::printable(path));
  } else {
    make_implied(from, name, {.implied = true});
  }
  return opened(*from->directory.child(name), std::move(path));
}

FolderPtr UnpackFolders::follow(const FolderPtr& from, const std::string& target, bool make, int& links) {
  FolderPtr at = target.starts_with('/') ? root_ : from;
  for (const std::string& part : base::split(target, '/')) {
    if (!at) return nullptr;
    if (part.empty() || part == ".") continue;
    at = part == ".." ? look_up(std::string(parent_of(at->path)), make) : step(at, part, make, links);
  }
  return at;
}

FolderPtr UnpackFolders::opened(Directory directory, std::string path) const {
  const FolderState& state = states_.at(path);
  return std::make_shared<OpenFolder>(OpenFolder{.directory = std::move(directory),
                                                 .path = std::move(path),
                                                 .gid = state.owner.gid,
                                                 .setgid = (state.mode & S_ISGID) != 0});
}

void UnpackFolders::make_implied(const FolderPtr& in, const std::string& name, FolderState state) {
  in->directory.make_directory(name, kImpliedMode);
  if (in->gid != state.owner.gid || in->setgid) in->directory.set_owner(name, state.owner);
  if (in->setgid || (umask_ & kImpliedMode)) in->directory.set_mode(name, kImpliedMode);
  states_[join_path(in->path, name)] = std::move(state);
  ++made_;
}

UnpackFolders::Name UnpackFolders::name_of(const std::string& resolved_path) {
  if (resolved_path.empty()) return {.parent = parent_, .name = name_, .keep_open = nullptr};
  FolderPtr parent = look_up(std::string(parent_of(resolved_path)), false);
  const Directory& directory = parent->directory;
  return {.parent = directory, .name = std::string(last_of(resolved_path)), .keep_open = std::move(parent)};
}

void UnpackFolders::set_state(const std::string& resolved_path, FolderState state) {
  const auto [at, is_new] = states_.insert_or_assign(resolved_path, std::move(state));
  if (is_new) return;
  by_path_.clear();  // they hold the old group
  recent_.clear();
  if (resolved_path.empty()) root_ = opened(*parent_.child(name_), "");
}

FolderState& UnpackFolders::state(const std::string& resolved_path) { return states_.at(resolved_path); }

void UnpackFolders::removed(const std::string& resolved_path) {
  states_.erase(resolved_path);
  const std::string below = resolved_path + "/";
  auto end = states_.lower_bound(below);
  const auto begin = end;
  while (end != states_.end() && end->first.starts_with(below)) ++end;
  states_.erase(begin, end);
  by_path_.clear();
  recent_.clear();
}

void UnpackFolders::mark_opaque(const std::string& resolved_path) {
  const Name folder = name_of(resolved_path);
  folder.parent.set_xattr(folder.name, std::string(kOpaqueXattr), "y");
}

void UnpackFolders::finish() {
  for (const auto& [path, state] : states_) {
    const Name folder = name_of(path);
    for (const auto& [key, value] : state.late_xattrs) folder.parent.set_xattr(folder.name, key, value);
    folder.parent.set_mtime(folder.name, state.mtime);
  }
}

std::vector<std::string> UnpackFolders::implied() const {
  std::vector<std::string> paths;
  for (const auto& [path, state] : states_) {
    if (state.implied && !path.empty()) paths.push_back(path);
  }
  return paths;
}

}  // namespace davit::layer
