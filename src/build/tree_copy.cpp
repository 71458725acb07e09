#include "build/tree_copy.h"

#include <algorithm>

#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "layer/archive_name.h"
#include "layer/entry_xattrs.h"
#include "layer/file_bytes.h"

namespace davit::build {

namespace fs = base::fs;
using base::Code;
using base::Error;
using codec::EntryType;
using codec::TarEntry;
using layer::join_path;
using layer::last_of;
using layer::parent_of;

namespace {

constexpr int kMostLinks = 40;
constexpr mode_t kFolderMode = 0755;

EntryType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return EntryType::kDirectory;
    case S_IFLNK:
      return EntryType::kSymlink;
    case S_IFCHR:
      return EntryType::kCharacterDevice;
    case S_IFBLK:
      return EntryType::kBlockDevice;
    case S_IFIFO:
      return EntryType::kFifo;
    default:
      return EntryType::kFile;
  }
}

TarEntry entry_of(const struct stat& status, const fs::Xattrs& xattrs) {
  TarEntry entry;
  entry.type = type_of(status.st_mode);
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = status.st_mtim;
  if (entry.type == EntryType::kFile) entry.size = static_cast<std::uint64_t>(status.st_size);
  if (entry.type == EntryType::kCharacterDevice || entry.type == EntryType::kBlockDevice) {
    entry.device_major = major(status.st_rdev);
    entry.device_minor = minor(status.st_rdev);
  }
  for (const auto& [key, value] : xattrs) {
    const bool of_this_host = key == "security.selinux" || key == "security.evm";
    if (!layer::is_overlay_control(key) && !of_this_host) entry.xattrs.emplace(key, value);
  }
  return entry;
}

TarEntry made_folder(const CopyOptions& options) {
  TarEntry entry;
  entry.type = EntryType::kDirectory;
  entry.mode = kFolderMode;
  entry.mtime = options.made;
  if (options.owner) {
    entry.uid = options.owner->uid;
    entry.gid = options.owner->gid;
  }
  return entry;
}

void apply(const CopyOptions& options, TarEntry& entry) {
  if (options.owner) {
    entry.uid = options.owner->uid;
    entry.gid = options.owner->gid;
  }
  if (options.mode && entry.type != EntryType::kSymlink) entry.mode = *options.mode;
}

// The folder at a path of a tree, of which each part is a folder.
std::optional<fs::Directory> folder_at(const fs::Directory& tree, const std::string& path) {
  return tree.open_inside(path.empty() ? "." : path);
}

[[noreturn]] void refuse_mixture(const std::string& source, const std::string& target, const char* what) {
  throw Error::format(Code::kInvalidArgument, "cannot copy {} /{} over /{}, which is {}",
                      what == std::string_view("a folder") ? "file" : "folder", base::printable(source),
                      base::printable(target), what);
}

bool changed_since(const struct stat& a, const struct stat& b) {
  return a.st_ino != b.st_ino || a.st_size != b.st_size || a.st_mtim.tv_sec != b.st_mtim.tv_sec ||
         a.st_mtim.tv_nsec != b.st_mtim.tv_nsec;
}

}  // namespace

bool PathOrder::operator()(std::string_view a, std::string_view b) const {
  const auto rank = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1; };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return rank(x) < rank(y); });
}

// One tree on its way.
struct TreeCopy::Walk {
  const fs::Directory& tree;
  const CopyOptions& options;
  const Filter& wanted;
  std::map<std::pair<dev_t, ino_t>, std::string> links;  // the target of a file that has more names
};

std::optional<struct stat> TreeCopy::status_below(const std::string& path) const {
  if (below_ == nullptr) return {};
  if (path.empty()) return below_->own_status();
  const auto folder = folder_at(*below_, std::string(parent_of(path)));
  return folder ? folder->status(std::string(last_of(path))) : std::nullopt;
}

std::string resolve_links(const fs::Directory& tree, std::string_view path,
                          const std::function<bool(const std::string& path)>& is_new) {
  auto left = base::split(path, '/');
  std::reverse(left.begin(), left.end());
  std::string at;
  for (int links = 0; !left.empty();) {
    const auto part = std::move(left.back());
    left.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      at = std::string(parent_of(at));
      continue;
    }
    auto next = join_path(at, part);
    const auto folder = is_new && is_new(next) ? std::nullopt : folder_at(tree, at);
    const auto target = folder ? folder->read_link(part) : std::nullopt;
    if (!target) {
      at = std::move(next);
      continue;
    }
    if (++links > kMostLinks)
      throw Error::format(Code::kInvalidArgument, "the links of /{} turn in a circle", base::printable(path));
    if (target->starts_with('/')) at.clear();
    auto more = base::split(*target, '/');
    left.insert(left.end(), more.rbegin(), more.rend());
  }
  return at;
}

std::string TreeCopy::resolve(std::string_view path) const {
  if (below_ == nullptr) return layer::clean_archive_path(path);
  return resolve_links(*below_, path, [&](const std::string& at) { return entries_.contains(at); });
}

bool TreeCopy::is_folder(const std::string& resolved) const {
  if (const auto found = entries_.find(resolved); found != entries_.end())
    return found->second.entry.type == EntryType::kDirectory;
  if (resolved.empty()) return true;
  const auto status = status_below(resolved);
  return status && S_ISDIR(status->st_mode);
}

// Each with the attributes that it has below: else a reader that takes a layer by itself would give it others.
void TreeCopy::add_folders_above(const std::string& target, const CopyOptions& options) {
  if (target.empty()) return;
  const std::string above(parent_of(target));
  if (above.empty() || entries_.contains(above)) return;
  add_folders_above(above, options);
  const auto status = status_below(above);
  if (status && !S_ISDIR(status->st_mode))
    throw Error::format(Code::kInvalidArgument, "cannot copy to /{}: /{} is no folder", base::printable(target),
                        base::printable(above));
  PlannedEntry planned;
  if (status) {
    const auto folder = folder_at(*below_, above);
    planned.entry = entry_of(*status, folder ? folder->own_xattrs() : fs::Xattrs());
  } else {
    planned.entry = made_folder(options);
  }
  planned.is_above = true;
  put(above, std::move(planned));
}

void TreeCopy::put(const std::string& target, PlannedEntry entry) {
  entry.entry.path = target.empty() ? "./" : target;
  entries_.insert_or_assign(target, std::move(entry));
}

void TreeCopy::add(const fs::Directory& tree, const std::string& source, const std::string& target,
                   const CopyOptions& options, const Filter& wanted) {
  Walk state = {tree, options, wanted, {}};
  add_folders_above(target, options);
  const auto folder = folder_at(tree, std::string(parent_of(source)));
  if (!folder) throw Error::format(Code::kNotFound, "\"/{}\": not found", base::printable(source));
  walk(state, *folder, std::string(last_of(source)), source, target, true);
}

void TreeCopy::walk(Walk& state, const fs::Directory& folder, const std::string& name, const std::string& source,
                    const std::string& target, bool is_top) {
  base::check_interrupted();
  const auto status = name.empty() ? std::optional(folder.own_status()) : folder.status(name);
  if (!status) throw Error::format(Code::kNotFound, "\"/{}\": not found", base::printable(source));
  if (S_ISSOCK(status->st_mode)) {
    base::log::warn("/{} is left out: it is a socket", base::printable(source));
    return;
  }
  const bool is_directory = S_ISDIR(status->st_mode);
  const auto want = is_top || !state.wanted ? Want::kYes : state.wanted(source, is_directory);
  const bool chosen = want == Want::kYes;
  if (want == Want::kNothingBelow || (!chosen && !is_directory)) return;

  PlannedEntry planned;
  planned.entry = entry_of(*status, name.empty() ? folder.own_xattrs() : folder.xattrs(name));
  planned.status = *status;
  planned.tree = &state.tree;
  planned.source = source;
  apply(state.options, planned.entry);

  if (!is_directory) {
    if (is_folder(target)) refuse_mixture(source, target, "a folder");
    if (S_ISLNK(status->st_mode)) planned.entry.link_target = folder.read_link(name).value_or("");
    if (status->st_nlink > 1) {
      const auto [first, is_new] = state.links.emplace(std::pair(status->st_dev, status->st_ino), target);
      if (!is_new) {
        planned.entry.type = EntryType::kHardLink;
        planned.entry.link_target = first->second;
      }
    }
    if (!is_top) add_folders_above(target, state.options);
    return put(target, std::move(planned));
  }

  const auto there = status_below(target);
  if (there && !S_ISDIR(there->st_mode) && !target.empty()) refuse_mixture(source, target, "no folder");
  if (is_top && (there || target.empty())) {
    add_folders_above(join_path(target, "x"), state.options);  // with the attributes that it has
  } else if (chosen) {
    put(target, std::move(planned));
  }
  const auto inside = name.empty() ? folder_at(folder, "") : folder.child(name);
  if (!inside) throw Error::format(Code::kNotFound, "\"/{}\": not found", base::printable(source));
  for (const auto& child : inside->list())
    walk(state, *inside, child, join_path(source, child), join_path(target, child), false);
}

void TreeCopy::add_bytes(std::string bytes, mode_t mode, const std::string& target, const CopyOptions& options) {
  if (is_folder(target)) refuse_mixture("", target, "a folder");
  add_folders_above(target, options);
  PlannedEntry planned;
  planned.entry.mode = mode;
  planned.entry.size = bytes.size();
  planned.entry.mtime = options.made;
  planned.bytes = std::make_shared<const std::string>(std::move(bytes));
  apply(options, planned.entry);
  put(target, std::move(planned));
}

void TreeCopy::add_folder(const std::string& target, const CopyOptions& options) {
  if (target.empty() || is_folder(target)) return;
  if (status_below(target))
    throw Error::format(Code::kInvalidArgument, "/{} is there already, and it is no folder", base::printable(target));
  add_folders_above(target, options);
  PlannedEntry planned;
  planned.entry = made_folder(options);
  put(target, std::move(planned));
}

std::string TreeCopy::content_digest(FileDigests& digests) const {
  codec::HashSink hash;
  const auto add = [&](const std::string& text) {
    hash.write(base::as_byte_view(std::to_string(text.size()) + ":" + text));
  };
  for (const auto& [path, planned] : entries_) {
    if (planned.is_above) continue;
    base::check_interrupted();
    const TarEntry& entry = planned.entry;
    add(path);
    add(fmt::format("{} {:o} {} {} {} {}:{} {}", static_cast<int>(entry.type), entry.mode, entry.uid, entry.gid,
                    entry.size, entry.device_major, entry.device_minor, entry.link_target));
    for (const auto& [key, value] : entry.xattrs) add(key + "=" + value);
    if (planned.bytes) {
      add(codec::digest_of(*planned.bytes).hex());
    } else if (entry.type == EntryType::kFile && planned.tree != nullptr) {
      const auto file = planned.tree->open_file_inside(planned.source);
      if (!file) throw Error::format(Code::kNotFound, "\"/{}\": not found", base::printable(planned.source));
      add(digests.digest(*file, planned.status));
    }
  }
  return hash.digest().hex();
}

void TreeCopy::write(codec::TarWriter& writer) const {
  for (const auto& [path, planned] : entries_) {
    base::check_interrupted();
    TarEntry entry = planned.entry;
    if (entry.type == EntryType::kHardLink) {
      // Another source may have taken the first name since.
      const auto first = entries_.find(entry.link_target);
      if (first == entries_.end() || first->second.status.st_ino != planned.status.st_ino ||
          first->second.tree != planned.tree) {
        entry = entry_of(planned.status, {});
        entry.path = planned.entry.path;
      }
    }
    if (planned.bytes) {
      base::MemorySource bytes(*planned.bytes);
      writer.add(entry, &bytes);
    } else if (entry.type == EntryType::kFile) {
      const auto file = planned.tree->open_file_inside(planned.source);
      if (!file || changed_since(file->status(), planned.status))
        throw Error::format(Code::kConflict, "\"/{}\" changed while it was copied", base::printable(planned.source));
      layer::FileBytes bytes(*file, planned.status);
      writer.add(entry, &bytes);
      if (bytes.changed())
        throw Error::format(Code::kConflict, "\"/{}\" changed while it was copied", base::printable(planned.source));
    } else {
      writer.add(entry);
    }
  }
}

}  // namespace davit::build
