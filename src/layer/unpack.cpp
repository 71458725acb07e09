#include "layer/unpack.h"

#include <climits>

#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/usage.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "layer/archive_name.h"
#include "layer/unpack_folders.h"

namespace davit::layer {

using base::Code;
using base::Error;
using base::fs::Directory;
using base::fs::File;
using base::fs::Ownership;
using base::fs::TreeUsage;
using codec::EntryType;
using codec::TarEntry;

namespace {

constexpr std::size_t kBufferBytes = 512 * 1024;
constexpr std::uint64_t kBlockBytes = 4096;
constexpr mode_t kSetIdBits = S_ISUID | S_ISGID;

std::uint64_t whole_blocks(std::uint64_t size) { return (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

[[noreturn]] void refuse(const TarEntry& entry, std::string_view why) {
  throw Error::format(Code::kInvalidArgument, "layer entry '{}' {}", base::printable(entry.path), why);
}

// Overlayfs's own: an archive that could set them could show what its layers hide, or point anywhere.
bool is_overlay_control(std::string_view key) {
  return key.starts_with("trusted.overlay.") || key.starts_with("user.overlay.");
}

class Unpacker {
 public:
  Unpacker(codec::TarReader& tar, const Directory& parent, const std::string& name)
      : tar_(tar), parent_(parent), name_(name), folders_(parent, name), ours_{geteuid(), getegid()} {}

  Unpacked run() {
    while (const auto entry = tar_.next()) {
      base::check_interrupted();
      add(*entry);
    }
    folders_.finish();
    const TreeUsage size = replaced_ ? base::fs::measure_tree(parent_.path() / name_) : counted_;
    result_.size = size.size;
    result_.disk_bytes = size.disk_bytes + kBlockBytes * (replaced_ ? 0 : folders_.made() + 1);
    result_.entries = size.entries + (replaced_ ? 0 : folders_.made());
    result_.implied = folders_.implied();
    return std::move(result_);
  }

 private:
  void add(const TarEntry& entry) {
    const ArchiveName name = parse_archive_name(entry.path);
    switch (name.kind) {
      case NameKind::kRoot:
        if (entry.type != EntryType::kDirectory) refuse(entry, "is the root, but no folder");
        result_.root_listed = true;
        update_folder(entry, "");
        return;
      case NameKind::kEntry:
        add_entry(entry, folders_.open(name.parent), name.name);
        return;
      case NameKind::kWhiteout:
        add_whiteout(folders_.open(name.parent), name.name);
        return;
      case NameKind::kOpaque: {
        const FolderPtr folder = folders_.open(name.parent);
        folders_.mark_opaque(folder->path);
        if (folder->path.empty()) result_.root_opaque = true;
        return;
      }
      case NameKind::kIgnored:
        return;
    }
  }

  void add_entry(const TarEntry& entry, const FolderPtr& folder, const std::string& name) {
    switch (entry.type) {
      case EntryType::kFile:
        return add_file(entry, *folder, name);
      case EntryType::kHardLink:
        return add_hard_link(entry, *folder, name);
      case EntryType::kDirectory:
        return add_folder(entry, *folder, name);
      case EntryType::kSymlink:
        if (entry.link_target.empty() || entry.link_target.size() >= PATH_MAX)
          refuse(entry, "is a link to no valid name");
        make(*folder, name, [&] { folder->directory.symbolic_link(entry.link_target, name); });
        counted_.size += entry.link_target.size();
        if (needs_owner(entry, *folder)) folder->directory.set_owner(name, {entry.uid, entry.gid});
        break;
      case EntryType::kCharacterDevice:
      case EntryType::kBlockDevice:
      case EntryType::kFifo:
        add_node(entry, *folder, name);
        break;
    }
    ++counted_.entries;
    set_xattrs(entry, [&](const auto& key, const auto& value) { folder->directory.set_xattr(name, key, value); });
    folder->directory.set_mtime(name, entry.mtime);
  }

  void add_file(const TarEntry& entry, const OpenFolder& folder, const std::string& name) {
    const mode_t mode = entry.mode & 07777;
    const bool owner = needs_owner(entry, folder);
    // Without its set-ID bits until it has its owner: chown would clear them, and until then they are somebody else's.
    const mode_t first_mode = mode & ~kSetIdBits;
    std::optional<File> file;
    make(folder, name, [&] { file.emplace(folder.directory.create_file(name, first_mode)); });
    const std::uint64_t stored = write_data(entry, *file);
    if (owner) base::fs::set_owner(*file, {entry.uid, entry.gid});
    if (mode != first_mode || (first_mode & folders_.umask())) file->set_mode(mode);
    set_xattrs(entry, [&](const auto& key, const auto& value) { base::fs::set_xattr(*file, key, value); });
    base::fs::set_mtime(*file, entry.mtime);
    counted_.size += entry.size;
    counted_.disk_bytes += stored;
    ++counted_.entries;
  }

  // Returns the bytes of the blocks written.
  std::uint64_t write_data(const TarEntry& entry, File& file) {
    if (!entry.sparse) {
      copy_data(entry, entry.size, [&](base::ByteView bytes, std::uint64_t) { file.write(bytes); });
      return whole_blocks(entry.size);
    }
    std::uint64_t stored = 0;
    for (const auto& extent : *entry.sparse) {
      copy_data(entry, extent.size,
                [&](base::ByteView bytes, std::uint64_t at) { file.write_at(bytes, extent.offset + at); });
      stored += whole_blocks(extent.size);
    }
    file.truncate(entry.size);
    return stored;
  }

  template <typename Write>
  void copy_data(const TarEntry& entry, std::uint64_t size, const Write& write) {
    for (std::uint64_t at = 0; at < size;) {
      if (at > 0) base::check_interrupted();
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size - at, buffer_.size()));
      const std::size_t count = base::read_full(tar_.data(), base::ByteSpan(buffer_).first(wanted));
      if (count < wanted) {
        throw Error::format(Code::kCorrupt, "layer entry '{}' is cut short", base::printable(entry.path));
      }
      write(base::ByteView(buffer_).first(count), at);
      at += count;
    }
  }

  void add_hard_link(const TarEntry& entry, const OpenFolder& folder, const std::string& name) {
    std::string target;
    try {
      target = clean_archive_path(entry.link_target);
    } catch (const Error&) {
      refuse(entry, "is a hard link that leads out of the layer: '" + base::printable(entry.link_target) + "'");
    }
    const FolderPtr from = folders_.find(std::string(parent_of(target)));
    const std::string from_name(last_of(target));
    const auto status = from && !from_name.empty() ? from->directory.status(from_name) : std::nullopt;
    if (!status || is_whiteout(*status) || S_ISDIR(status->st_mode)) {
      refuse(entry, "is a hard link to '" + base::printable(entry.link_target) + "', which is no file of this layer");
    }
    if (const auto old = folder.directory.status(name)) {
      if (old->st_dev == status->st_dev && old->st_ino == status->st_ino) return;
      if (S_ISDIR(old->st_mode) && is_inside(from->path, join_path(folder.path, name))) {
        refuse(entry, "is a hard link that would replace a folder by a file in it");
      }
    }
    make(folder, name, [&] { folder.directory.hard_link(from->directory, from_name, name); });
    ++counted_.entries;
  }

  void add_node(const TarEntry& entry, const OpenFolder& folder, const std::string& name) {
    const bool is_device = entry.type != EntryType::kFifo;
    const dev_t device = is_device ? makedev(entry.device_major, entry.device_minor) : 0;
    if (is_device && device == 0) refuse(entry, "is a device 0:0, which overlayfs takes for a deleted file");
    const mode_t type = !is_device ? S_IFIFO : entry.type == EntryType::kCharacterDevice ? S_IFCHR : S_IFBLK;
    const mode_t mode = entry.mode & 07777;
    make(folder, name, [&] { folder.directory.make_node(name, type | (mode & ~kSetIdBits), device); });
    if (needs_owner(entry, folder)) folder.directory.set_owner(name, {entry.uid, entry.gid});
    if ((mode & kSetIdBits) || (mode & folders_.umask())) folder.directory.set_mode(name, mode);
  }

  void add_folder(const TarEntry& entry, const OpenFolder& folder, const std::string& name) {
    const std::string path = join_path(folder.path, name);
    const mode_t mode = entry.mode & 07777;
    bool was_whiteout = false;
    try {
      folder.directory.make_directory(name, mode & ~kSetIdBits);
    } catch (const Error& e) {
      if (e.code() != Code::kConflict) throw;
      const auto old = folder.directory.status(name);
      if (old && S_ISDIR(old->st_mode)) return update_folder(entry, path);
      was_whiteout = old && is_whiteout(*old);
      clear_way(folder, name);
      folder.directory.make_directory(name, mode & ~kSetIdBits);
    }
    if (needs_owner(entry, folder)) folder.directory.set_owner(name, {entry.uid, entry.gid});
    if ((mode & kSetIdBits) || (mode & folders_.umask()) || folder.setgid) folder.directory.set_mode(name, mode);
    folders_.set_state(path, new_state(entry));
    if (was_whiteout) folders_.mark_opaque(path);
    set_folder_xattrs(entry, path, folder.directory, name);
    ++counted_.entries;
    counted_.disk_bytes += kBlockBytes;
  }

  // Gives a folder that is there, the root or one listed twice or implied before, the entry's attributes.
  void update_folder(const TarEntry& entry, const std::string& path) {
    const UnpackFolders::Name folder = folders_.name_of(path);
    folder.parent.set_owner(folder.name, {entry.uid, entry.gid});
    folder.parent.set_mode(folder.name, entry.mode & 07777);
    folders_.set_state(path, new_state(entry));
    set_folder_xattrs(entry, path, folder.parent, folder.name);
  }

  static FolderState new_state(const TarEntry& entry) {
    return {.mtime = entry.mtime,
            .mode = entry.mode & 07777,
            .owner = {entry.uid, entry.gid},
            .implied = false,
            .late_xattrs = {}};
  }

  void set_folder_xattrs(const TarEntry& entry, const std::string& path, const Directory& parent,
                         const std::string& name) {
    set_xattrs(entry, [&](const std::string& key, const std::string& value) {
      if (key == "system.posix_acl_default") {
        folders_.state(path).late_xattrs.emplace_back(key, value);
      } else {
        parent.set_xattr(name, key, value);
      }
    });
  }

  // OCI image-spec: a whiteout hides what lower layers have, never what its own layer has under the same name, wherever
  // in the archive it stands. So a folder of this layer becomes opaque, and a file stays.
  void add_whiteout(const FolderPtr& folder, const std::string& name) {
    try {
      folder->directory.make_node(name, S_IFCHR, makedev(0, 0));
      ++counted_.entries;
    } catch (const Error& e) {
      if (e.code() != Code::kConflict) throw;
      const auto old = folder->directory.status(name);
      if (!old || !S_ISDIR(old->st_mode)) return;
      const std::string path = join_path(folder->path, name);
      folders_.mark_opaque(path);
      folders_.state(path).implied = false;  // nothing below is left whose attributes it could have
    }
  }

  // Makes a name that is no folder: at once, and after clearing the way where something has the name already.
  template <typename Make>
  void make(const OpenFolder& folder, const std::string& name, const Make& create) {
    try {
      create();
    } catch (const Error& e) {
      if (e.code() != Code::kConflict) throw;
      clear_way(folder, name);
      create();
    }
  }

  void clear_way(const OpenFolder& folder, const std::string& name) {
    const auto old = folder.directory.status(name);
    if (!old) return;
    folder.directory.remove(name);
    replaced_ = true;
    if (S_ISDIR(old->st_mode) || S_ISLNK(old->st_mode)) folders_.removed(join_path(folder.path, name));
  }

  // A new file is owned by us, or by its folder's group where a setgid bit or the mount asks for that.
  bool needs_owner(const TarEntry& entry, const OpenFolder& folder) const {
    return entry.uid != ours_.uid || entry.gid != ours_.gid || folder.gid != ours_.gid;
  }

  template <typename Set>
  void set_xattrs(const TarEntry& entry, const Set& set) {
    for (const auto& [key, value] : entry.xattrs) {
      if (is_overlay_control(key)) continue;
      try {
        set(key, value);
      } catch (const Error& e) {
        // Not for this type of file, or not on this file system: as docker, go on without it.
        if (e.code() != Code::kNotSupported && e.code() != Code::kPermissionDenied) throw;
        base::log::warn("layer entry '{}': xattr {} is not kept: {}", base::printable(entry.path), base::printable(key),
                        e.message());
      }
    }
  }

  codec::TarReader& tar_;
  const Directory& parent_;
  std::string name_;
  UnpackFolders folders_;
  Ownership ours_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kBufferBytes);
  Unpacked result_;
  TreeUsage counted_;      // without implied folders and the root
  bool replaced_ = false;  // something was removed: `counted_` is no longer right
};

}  // namespace

Unpacked unpack(codec::TarReader& tar, const Directory& parent, const std::string& name) {
  return Unpacker(tar, parent, name).run();
}

}  // namespace davit::layer
