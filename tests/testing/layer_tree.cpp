#include "tests/testing/layer_tree.h"

#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/process.h"
#include "codec/hash.h"
#include "layer/archive_name.h"

namespace davit::test {

namespace fs = base::fs;
using codec::EntryType;
using codec::TarEntry;

namespace {

TarEntry entry_of(EntryType type, const std::string& path, mode_t mode) {
  TarEntry entry;
  entry.type = type;
  entry.path = path;
  entry.mode = mode;
  entry.mtime = kTestTime;
  return entry;
}

class TreeReader {
 public:
  void add(const fs::Directory& parent, const std::string& name, const std::string& path) {
    const auto status = parent.status(name);
    if (!status) {  // listed by its folder, but not there: part of what a test must see
      tree_[path].content = "listed but missing";
      return;
    }
    TreeNode& node = tree_[path];
    node = {.mode = status->st_mode,
            .uid = status->st_uid,
            .gid = status->st_gid,
            .mtime = status->st_mtim,
            .device = status->st_rdev,
            .content = {},
            .xattrs = parent.xattrs(name),
            .link_group = {}};
    std::erase_if(node.xattrs, [](const auto& xattr) { return xattr.first.starts_with("trusted.overlay."); });
    if (S_ISLNK(status->st_mode)) node.content = parent.read_link(name).value_or("");
    if (!S_ISDIR(status->st_mode)) {
      node.link_group = groups_.emplace(status->st_ino, path).first->second;
      if (S_ISREG(status->st_mode)) {
        fs::FileSource source(*parent.open_file_inside(name));
        node.content = base::read_all(source, std::size_t{1} << 30);
      }
      return;
    }
    const auto folder = parent.child(name);
    for (const auto& child : folder->list()) add(*folder, child, layer::join_path(path, child));
  }

  Tree take() { return std::move(tree_); }

 private:
  Tree tree_;
  std::map<ino_t, std::string> groups_;
};

std::string describe(const TreeNode& node, bool with_time) {
  std::string text = fmt::format("mode {:o} owner {}:{} device {} links with '{}' content '{}'", node.mode, node.uid,
                                 node.gid, node.device, node.link_group, node.content.substr(0, 60));
  if (with_time) text += fmt::format(" time {}.{:09}", node.mtime.tv_sec, node.mtime.tv_nsec);
  for (const auto& [key, value] : node.xattrs) text += fmt::format(" {}={}", key, value);
  return text;
}

void extract(const Archive& archive, const std::filesystem::path& root) {
  const auto result = base::run({.argv = {"tar", "-x", "-p", "-C", root.string(), "--numeric-owner", "--same-owner",
                                          "--xattrs", "--xattrs-include=*", "--exclude=.wh.*"}},
                                archive.bytes());
  if (!result.status.ok()) throw base::Error::format(base::Code::kInternal, "tar: {}", result.err);
}

}  // namespace

Archive& Archive::add(TarEntry entry, std::string data) {
  entries_.push_back(std::move(entry));
  data_.push_back(std::move(data));
  return *this;
}

Archive& Archive::folder(const std::string& path, mode_t mode, std::uint32_t uid, std::uint32_t gid) {
  TarEntry entry = entry_of(EntryType::kDirectory, path, mode);
  entry.uid = uid;
  entry.gid = gid;
  return add(entry);
}

Archive& Archive::file(const std::string& path, const std::string& content, mode_t mode, std::uint32_t uid,
                       std::uint32_t gid) {
  TarEntry entry = entry_of(EntryType::kFile, path, mode);
  entry.size = content.size();
  entry.uid = uid;
  entry.gid = gid;
  return add(entry, content);
}

Archive& Archive::symlink(const std::string& path, const std::string& target) {
  TarEntry entry = entry_of(EntryType::kSymlink, path, 0777);
  entry.link_target = target;
  return add(entry);
}

Archive& Archive::hard_link(const std::string& path, const std::string& target) {
  TarEntry entry = entry_of(EntryType::kHardLink, path, 0644);
  entry.link_target = target;
  return add(entry);
}

Archive& Archive::device(const std::string& path, std::uint32_t major, std::uint32_t minor) {
  TarEntry entry = entry_of(EntryType::kCharacterDevice, path, 0666);
  entry.device_major = major;
  entry.device_minor = minor;
  return add(entry);
}

Archive& Archive::fifo(const std::string& path) { return add(entry_of(EntryType::kFifo, path, 0600)); }

Archive& Archive::whiteout(const std::string& path) {
  const std::string name = ".wh." + std::string(layer::last_of(path));
  return file(layer::join_path(layer::parent_of(path), name), "");
}

Archive& Archive::opaque(const std::string& folder) { return file(layer::join_path(folder, ".wh..wh..opq"), ""); }

std::string Archive::bytes() const {
  base::StringSink sink;
  codec::TarWriter writer(sink);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    base::MemorySource data(data_[i]);
    writer.add(entries_[i], &data);
  }
  writer.finish();
  return sink.take();
}

Archive Archive::part(std::size_t begin, std::size_t end) const {
  Archive result;
  for (std::size_t i = begin; i < end; ++i) result.add(entries_[i], data_[i]);
  return result;
}

oci::Digest Archive::diff_id() const { return codec::digest_of(bytes()); }

Tree read_tree(const std::filesystem::path& root) {
  TreeReader reader;
  reader.add(fs::Directory::open(root.parent_path()), root.filename(), "");
  return reader.take();
}

std::string difference(const Tree& expected, const Tree& found, time_t since) {
  std::string text;
  for (const auto& [path, node] : expected) {
    const auto other = found.find(path);
    if (other == found.end()) {
      text += fmt::format("missing '{}'\n", path);
      continue;
    }
    const bool with_time = !(S_ISDIR(node.mode) && since != 0 && node.mtime.tv_sec >= since);
    const std::string wanted = describe(node, with_time);
    const std::string got = describe(other->second, with_time);
    if (wanted != got || node.content != other->second.content) {
      text += fmt::format("'{}'\n  expected {}\n  found    {}\n", path, wanted, got);
    }
  }
  for (const auto& [path, node] : found) {
    if (!expected.contains(path)) text += fmt::format("unexpected '{}': {}\n", path, describe(node, true));
  }
  return text;
}

void apply_with_gnu_tar(const Archive& layer, const std::filesystem::path& root) {
  const auto tree = fs::Directory::open(root);
  for (const TarEntry& entry : layer.entries()) {
    const layer::ArchiveName name = layer::parse_archive_name(entry.path);
    if (name.kind != layer::NameKind::kWhiteout && name.kind != layer::NameKind::kOpaque) continue;
    const auto folder = tree.open_inside(name.parent);
    if (!folder) continue;
    if (name.kind == layer::NameKind::kWhiteout) {
      folder->remove(name.name);
    } else {
      for (const auto& child : folder->list()) folder->remove(child);
    }
  }
  // GNU tar does not put a file in a folder's place (and its --recursive-unlink clears folders also for folders): where
  // that is to happen, tar is run for the entries before, and the folder removed.
  std::size_t begin = 0;
  std::set<std::string> folders;
  for (std::size_t i = 0; i < layer.entries().size(); ++i) {
    const TarEntry& entry = layer.entries()[i];
    const layer::ArchiveName name = layer::parse_archive_name(entry.path);
    if (name.kind != layer::NameKind::kEntry) continue;
    const std::string path = layer::join_path(name.parent, name.name);
    if (entry.type != EntryType::kDirectory) {
      const auto parent = tree.open_inside(name.parent);
      const auto status = parent ? parent->status(name.name) : std::nullopt;
      if (folders.contains(path) || (status && S_ISDIR(status->st_mode))) {
        extract(layer.part(begin, i), root);
        tree.open_inside(name.parent)->remove(name.name);
        begin = i;
        folders.clear();
      }
    } else {
      folders.insert(path);
    }
    for (std::string_view above = name.parent; !above.empty(); above = layer::parent_of(above)) folders.emplace(above);
  }
  extract(layer.part(begin, layer.entries().size()), root);
}

}  // namespace davit::test
