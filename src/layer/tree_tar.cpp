#include "layer/tree_tar.h"

#include <climits>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fs/tree.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/tar.h"
#include "layer/archive_name.h"
#include "layer/entry_xattrs.h"
#include "layer/file_bytes.h"
#include "layer/overlay_form.h"

namespace davit::layer {

using base::Code;
using base::Error;
using base::fs::Directory;
using base::fs::File;
using base::fs::Xattrs;
using codec::EntryType;
using codec::TarEntry;

namespace {

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kOpaqueName = ".wh..wh..opq";
constexpr mode_t kWhiteoutMode = 0600;
constexpr std::size_t kOpenFolders = 64;

// Labels and signatures of this host, which another would take for forged.
bool is_of_the_host(std::string_view key) { return key == "security.selinux" || key == "security.evm"; }

const std::string* find(const Xattrs& xattrs, std::string_view key) {
  for (const auto& [name, value] : xattrs) {
    if (name == key) return &value;
  }
  return nullptr;
}

TarEntry entry_of(EntryType type, std::string path, const struct stat& status, const Xattrs& xattrs) {
  TarEntry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = status.st_mtim;
  for (const auto& [key, value] : xattrs) {
    if (!is_overlay_control(key) && !is_of_the_host(key)) entry.xattrs.emplace(key, value);
  }
  return entry;
}

// Nothing where it has gone: a container may be running.
template <typename Read>
auto read_if_there(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& e) {
    if (e.code() != Code::kNotFound) throw;
    return std::nullopt;
  }
}

class TreeWriter {
 public:
  TreeWriter(const std::filesystem::path& root, bool overlay, base::Sink& sink, std::set<std::string> left_out = {})
      : root_(root), overlay_(overlay), left_out_(std::move(left_out)), tar_(sink) {}

  WrittenTree run() {
    enter(Directory::open(root_), "");
    return finish();
  }
  WrittenTree run_part(Directory folder, const std::string& as) {
    enter(std::move(folder), as);
    return finish();
  }
  WrittenTree run_part(const Directory& folder, const std::string& name, const std::string& as) {
    if (!folder.status(name)) throw Error::format(Code::kNotFound, "there is no {}", shown(name));
    const Frame parent{.directory = Directory::open("/proc/self/fd/" + std::to_string(folder.fd())),
                       .path = {},
                       .names = {name},
                       .next = 1};
    add(parent, name, as);
    return finish();
  }

 private:
  WrittenTree finish() {
    while (!frames_.empty()) {
      base::check_interrupted();
      Frame& frame = frames_.back();
      if (frame.next == frame.names.size() || !reopen()) {
        frames_.pop_back();
        continue;
      }
      const std::string name = std::move(frame.names[frame.next++]);
      add(frame, name, join_path(frame.path, name));
    }
    tar_.finish();
    return written_;
  }

  // A folder under way.
  struct Frame {
    std::optional<Directory> directory;  // empty while it is closed; the root never is
    std::string path;                    // "" is the root
    std::vector<std::string> names;
    std::size_t next = 0;
    bool may_have_whiteout_xattrs = false;
  };

  void add(const Frame& frame, const std::string& name, std::string path) {
    if (left_out_.contains(path)) return;
    const Directory& folder = *frame.directory;
    // A layer's reader takes them all for marks.
    if (overlay_ && name.starts_with(kWhiteoutPrefix)) return leave_out(path, "a layer takes its name for a whiteout");
    const auto status = folder.status(name);
    if (!status) return gone(path);
    if (overlay_ && is_whiteout(*status)) return add_whiteout(path);
    if (path.size() >= PATH_MAX) refuse(path, "has a path longer than 4095 bytes, which no layer can hold");

    switch (status->st_mode & S_IFMT) {
      case S_IFDIR:
        if (auto child = folder.child(name)) return enter(std::move(*child), std::move(path));
        return gone(path);
      case S_IFREG:
        return add_file(frame, name, std::move(path), *status);
      case S_IFSOCK:
        return leave_out(path, "it is a socket");
      default:
        return add_other(folder, name, std::move(path), *status);
    }
  }

  void add_file(const Frame& frame, const std::string& name, std::string path, const struct stat& listed) {
    if (add_as_hard_link(path, listed)) return;
    const auto file = frame.directory->child_file(name);
    if (!file) return gone(path);
    const struct stat status = file->status();  // of what is read, should the name be another file's since
    const auto found = read_if_there([&] { return frame.directory->xattrs(name); });
    if (!found) return gone(path);
    const Xattrs& xattrs = *found;
    if (overlay_) {
      if (frame.may_have_whiteout_xattrs && status.st_size == 0 && find(xattrs, kWhiteoutXattr))
        return add_whiteout(path);
      refuse_references(path, xattrs);
    }
    TarEntry entry = entry_of(EntryType::kFile, path, status, xattrs);
    entry.size = static_cast<std::uint64_t>(status.st_size);
    FileBytes bytes(*file, status);
    write(entry, &bytes);
    if (bytes.changed()) {
      base::log::warn("'{}' changed while it was read: the archive has the {} bytes that it had before", shown(path),
                      entry.size);
    }
    first_name(path, status);
  }

  void add_other(const Directory& folder, const std::string& name, std::string path, const struct stat& status) {
    const bool is_device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
    if (is_device && status.st_rdev == 0) return leave_out(path, "no layer can hold a device 0:0");
    if (add_as_hard_link(path, status)) return;
    const auto xattrs = read_if_there([&] { return folder.xattrs(name); });
    if (!xattrs) return gone(path);
    const EntryType type = S_ISLNK(status.st_mode)   ? EntryType::kSymlink
                           : S_ISCHR(status.st_mode) ? EntryType::kCharacterDevice
                           : S_ISBLK(status.st_mode) ? EntryType::kBlockDevice
                                                     : EntryType::kFifo;
    TarEntry entry = entry_of(type, path, status, *xattrs);
    if (type == EntryType::kSymlink) {
      const auto target = folder.read_link(name);
      if (!target) return gone(path);
      entry.link_target = *target;
    }
    if (is_device) {
      entry.device_major = major(status.st_rdev);
      entry.device_minor = minor(status.st_rdev);
    }
    write(entry);
    first_name(path, status);
  }

  // Writes the folder's own entries and puts it on the stack.
  void enter(Directory folder, std::string path) {
    const Xattrs xattrs = folder.own_xattrs();
    if (overlay_) refuse_references(path, xattrs);
    tar_.add(entry_of(EntryType::kDirectory, path.empty() ? "./" : path, folder.own_status(), xattrs));
    if (!path.empty()) ++written_.entries;
    const std::string* opaque = find(xattrs, kOpaqueXattr);
    // Overlayfs does not look for it at the root.
    if (overlay_ && opaque && *opaque == kOpaqueYes && !path.empty()) {
      write(mark(join_path(path, kOpaqueName)));
    }
    Frame frame{.directory = {},
                .path = std::move(path),
                .names = read_if_there([&] { return folder.list(); }).value_or(std::vector<std::string>()),
                .next = 0,
                .may_have_whiteout_xattrs = opaque && *opaque == kOpaqueWithXattrs};
    frame.directory = std::move(folder);
    frames_.push_back(std::move(frame));
    // A tree may be as deep as names are short: the outer folders are closed, and opened again on the way back.
    if (frames_.size() > kOpenFolders + 1) frames_[frames_.size() - 1 - kOpenFolders].directory.reset();
  }

  // Opens the innermost folder where it was closed, and some of those around it, from the root down. False when one of
  // them has gone.
  bool reopen() {
    if (frames_.back().directory) return true;
    const Directory* from = &*frames_.front().directory;
    std::optional<Directory> passed;
    for (std::size_t i = 1; i < frames_.size(); ++i) {
      auto next = from->child(std::string(last_of(frames_[i].path)));
      if (!next) {
        gone(frames_[i].path);
        return false;
      }
      const bool keep = i + kOpenFolders / 2 >= frames_.size();
      std::optional<Directory>& place = keep ? frames_[i].directory : passed;
      place = std::move(next);
      from = &*place;
    }
    return true;
  }

  // All names of one file but the first are hard links.
  bool add_as_hard_link(const std::string& path, const struct stat& status) {
    if (status.st_nlink < 2) return false;
    const auto link = links_.find({status.st_dev, status.st_ino});
    if (link == links_.end()) return false;
    TarEntry entry = entry_of(EntryType::kHardLink, path, status, {});
    entry.link_target = link->second.path;
    write(entry);
    if (--link->second.left == 0) links_.erase(link);
    return true;
  }
  void first_name(const std::string& path, const struct stat& status) {
    if (status.st_nlink > 1) {
      links_.insert_or_assign({status.st_dev, status.st_ino}, Link{.path = path, .left = status.st_nlink - 1});
    }
  }

  // Times and owners of marks mean nothing; fixed ones make equal layers of equal changes.
  static TarEntry mark(std::string path) {
    TarEntry entry;
    entry.path = std::move(path);
    entry.mode = kWhiteoutMode;
    return entry;
  }
  void add_whiteout(const std::string& path) {
    write(mark(join_path(parent_of(path), std::string(kWhiteoutPrefix).append(last_of(path)))));
  }

  void write(const TarEntry& entry, base::Source* data = nullptr) {
    tar_.add(entry, data);
    ++written_.entries;
  }

  void refuse_references(const std::string& path, const Xattrs& xattrs) const {
    for (const auto key : {kRedirectXattr, kMetacopyXattr}) {
      if (!find(xattrs, key)) continue;
      refuse(path, fmt::format("refers to a lower layer for what is in it ({}), as it was changed through an overlay "
                               "mounted with redirect_dir or metacopy: copy the mounted tree into a new container",
                               key));
    }
  }
  [[noreturn]] void refuse(const std::string& path, std::string_view why) const {
    throw Error::format(Code::kNotSupported, "'{}' {}", shown(path), why);
  }
  void leave_out(const std::string& path, std::string_view why) {
    base::log::warn("'{}' is left out of the archive: {}", shown(path), why);
    ++written_.left_out;
  }
  void gone(const std::string& path) {
    base::log::warn("'{}' went away while its folder was read: it is left out of the archive", shown(path));
    ++written_.left_out;
  }
  std::string shown(const std::string& path) const { return base::printable((root_ / path).string()); }

  struct Link {
    std::string path;
    nlink_t left;  // names not met so far
  };

  const std::filesystem::path& root_;
  bool overlay_;
  std::set<std::string> left_out_;
  codec::TarWriter tar_;
  std::deque<Frame> frames_;                       // from the root to the folder under way
  std::map<std::pair<dev_t, ino_t>, Link> links_;  // files that have more names
  WrittenTree written_;
};

}  // namespace

WrittenTree write_diff(const std::filesystem::path& upper, base::Sink& tar, const std::set<std::string>& leave_out) {
  return TreeWriter(upper, true, tar, leave_out).run();
}

WrittenTree write_tree(const std::filesystem::path& folder, base::Sink& tar) {
  return TreeWriter(folder, false, tar).run();
}

WrittenTree write_part(const Directory& folder, const std::string& name, const std::string& as, base::Sink& tar) {
  return TreeWriter(folder.path(), false, tar).run_part(folder, name, as);
}

WrittenTree write_part(Directory folder, const std::string& as, base::Sink& tar) {
  const std::filesystem::path path = folder.path();
  return TreeWriter(path, false, tar).run_part(std::move(folder), as);
}

}  // namespace davit::layer
