#include "operations/extract_archive.h"

#include <filesystem>
#include <vector>

#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::operations {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;
using codec::EntryType;
using codec::TarEntry;

constexpr mode_t kImpliedMode = 0755;
constexpr std::uint64_t kTarBlock = 512;

class Extraction {
 public:
  Extraction(codec::TarReader& tar, const fs::Directory& root, const ExtractOptions& options)
      : tar_(tar), root_(root), options_(options), folder_(stdfs::path(options.folder).relative_path()) {}

  std::uint64_t run() {
    while (const auto entry = tar_.next()) {
      base::check_interrupted();
      add(*entry);
    }
    tar_.drain();
    // Last, as what is made in a folder changes its time.
    for (auto time = times_.rbegin(); time != times_.rend(); ++time) {
      if (const auto folder = root_.open_inside(time->folder)) fs::set_mtime(folder->own_file(), time->mtime);
    }
    return bytes_;
  }

 private:
  struct FolderTime {
    stdfs::path folder;
    struct timespec mtime;
  };

  // Below the folder; empty: that itself.
  stdfs::path place_of(const std::string& archived) const {
    stdfs::path place;
    bool first = true;
    for (const auto& part : stdfs::path(archived).relative_path()) {
      if (part == ".." || part.native().find('\0') != std::string::npos) {
        throw Error::format(Code::kInvalidArgument, "\"{}\" is outside of \"{}\"", base::printable(archived),
                            options_.folder);
      }
      if (options_.name && first) {
        place = *options_.name;
      } else if (!part.empty() && part != ".") {
        place /= part;
      }
      first = false;
    }
    return place;
  }

  void add(const TarEntry& entry) {
    bytes_ += kTarBlock;
    if (entry.type == EntryType::kFile) bytes_ += (entry.size + kTarBlock - 1) / kTarBlock * kTarBlock;
    const stdfs::path place = place_of(entry.path);
    if (place.empty()) return;  // the folder that takes the archive stays as it is
    const fs::Directory& parent = open_parent(place.parent_path());
    const std::string name = place.filename();
    if (entry.type == EntryType::kDirectory) return add_folder(parent, name, entry, folder_ / place);
    make_room(parent, name, place);
    switch (entry.type) {
      case EntryType::kFile:
        return add_file(parent, name, entry);
      case EntryType::kHardLink: {
        const stdfs::path target = place_of(entry.link_target);
        return parent.hard_link(open(folder_ / target.parent_path()), target.filename(), name);
      }
      default:
        return add_other(parent, name, entry);
    }
  }

  fs::Directory open(const stdfs::path& folder) const {
    auto opened = root_.open_inside(folder);
    if (!opened) throw Error::format(Code::kNotFound, "{}: no such directory", shown(folder));
    return std::move(*opened);
  }

  // The one that was opened last stays open.
  const fs::Directory& open_parent(const stdfs::path& parent) {
    const stdfs::path path = folder_ / parent;
    if (parent_ && parent_path_ == path) return *parent_;
    auto opened = root_.open_inside(path);
    if (!opened) {
      make_implied(parent);
      opened = open(path);
    }
    parent_ = std::move(opened);
    parent_path_ = path;
    return *parent_;
  }

  // Folders that the archive implies but does not list.
  void make_implied(const stdfs::path& folder) {
    stdfs::path done = folder_;
    for (const auto& part : folder) {
      const fs::Directory above = open(done);
      done /= part;
      if (root_.open_inside(done)) continue;
      above.make_directory(part, kImpliedMode);
      if (options_.owner) above.set_owner(part, *options_.owner);
    }
  }

  void add_folder(const fs::Directory& parent, const std::string& name, const TarEntry& entry,
                  const stdfs::path& path) {
    const auto there = parent.status(name);
    if (there && !S_ISDIR(there->st_mode)) {
      throw Error::format(Code::kConflict, "cannot overwrite non-directory \"{}\" with directory \"{}\"", shown(path),
                          shown(folder_));
    }
    if (!there) parent.make_directory(name, kImpliedMode);
    auto folder = parent.child(name);
    if (!folder) throw Error::format(Code::kConflict, "{} was replaced while it was made", shown(path));
    change(*folder, entry, path);
  }

  void change(const fs::Directory& folder, const TarEntry& entry, const stdfs::path& path) {
    fs::File file = folder.own_file();
    set_attributes(file, entry);
    times_.push_back({path, entry.mtime});
  }

  void make_room(const fs::Directory& parent, const std::string& name, const stdfs::path& place) {
    const auto there = parent.status(name);
    if (!there) return;
    if (S_ISDIR(there->st_mode)) {
      throw Error::format(Code::kConflict, "cannot overwrite directory \"{}\" with non-directory \"{}\"",
                          shown(folder_ / place), shown(folder_));
    }
    parent.remove(name);
  }

  void add_file(const fs::Directory& parent, const std::string& name, const TarEntry& entry) {
    fs::File file = parent.create_file(name, 0600);
    if (entry.sparse) {
      for (const codec::SparseExtent& extent : *entry.sparse) pass(extent.size, file, extent.offset);
      file.truncate(entry.size);
    } else {
      pass(entry.size, file, 0);
    }
    set_attributes(file, entry);
    fs::set_mtime(file, entry.mtime);
  }

  void pass(std::uint64_t size, fs::File& file, std::uint64_t at) {
    while (size > 0) {
      base::check_interrupted();
      const auto piece = tar_.data_piece(size);
      if (piece.empty()) throw Error(Code::kCorrupt, "unexpected EOF");
      file.write_at(piece, at);
      at += piece.size();
      size -= piece.size();
    }
  }

  void add_other(const fs::Directory& parent, const std::string& name, const TarEntry& entry) {
    const auto owner = options_.owner.value_or(fs::Ownership{entry.uid, entry.gid});
    if (entry.type == EntryType::kSymlink) {
      parent.symbolic_link(entry.link_target, name);
      parent.set_owner(name, owner);
    } else {
      const mode_t type = entry.type == EntryType::kFifo              ? S_IFIFO
                          : entry.type == EntryType::kCharacterDevice ? S_IFCHR
                                                                      : S_IFBLK;
      parent.make_node(name, type | 0600, type == S_IFIFO ? 0 : makedev(entry.device_major, entry.device_minor));
      parent.set_owner(name, owner);
      parent.set_mode(name, entry.mode);
    }
    parent.set_mtime(name, entry.mtime);
  }

  // The owner first: a change of it clears the set-ID bits and capabilities.
  void set_attributes(fs::File& file, const TarEntry& entry) const {
    fs::set_owner(file, options_.owner.value_or(fs::Ownership{entry.uid, entry.gid}));
    file.set_mode(entry.mode);
    for (const auto& [key, value] : entry.xattrs) {
      try {
        fs::set_xattr(file, key, value);
      } catch (const Error& error) {
        if (error.code() != Code::kNotSupported && error.code() != Code::kPermissionDenied) throw;
        base::log::warn("xattr {} of '{}' is not kept: {}", base::printable(key), base::printable(entry.path),
                        error.message());
      }
    }
  }

  std::string shown(const stdfs::path& path) const { return base::printable("/" + path.string()); }

  codec::TarReader& tar_;
  const fs::Directory& root_;
  const ExtractOptions& options_;
  stdfs::path folder_;
  std::optional<fs::Directory> parent_;
  stdfs::path parent_path_;
  std::vector<FolderTime> times_;
  std::uint64_t bytes_ = 2 * kTarBlock;  // at its end
};

}  // namespace

std::uint64_t extract_archive(codec::TarReader& tar, const fs::Directory& root, const ExtractOptions& options) {
  return Extraction(tar, root, options).run();
}

}  // namespace davit::operations
