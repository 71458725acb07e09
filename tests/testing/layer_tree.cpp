#include "tests/testing/layer_tree.h"

#include <set>

#include <fmt/core.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/process.h"
#include "codec/hash.h"
#include "layer/archive_name.h"
#include "layer/overlay_form.h"

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
    node.opaque = std::erase(node.xattrs, std::pair(std::string(layer::kOpaqueXattr), std::string("y"))) > 0;
    std::erase_if(node.xattrs, [](const auto& xattr) { return xattr.first.starts_with("trusted.overlay."); });
    if (layer::is_whiteout(*status)) node = {.mode = S_IFCHR};
    if (S_ISLNK(status->st_mode)) node.content = parent.read_link(name).value_or("");
    if (!S_ISDIR(status->st_mode)) {
      node.link_group = groups_.emplace(std::pair(status->st_dev, status->st_ino), path).first->second;
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
  std::map<std::pair<dev_t, ino_t>, std::string> groups_;
};

class FileTreeReader {
 public:
  FileTreeReader(const codec::FileTree& tree, std::string_view archive, const fs::File* beside)
      : tree_(tree), archive_(archive), beside_(beside) {}

  void add(codec::NodeId id, const std::string& path) {
    const codec::FileNode& from = tree_[id];
    TreeNode& node = found_[path];
    node = {.mode = type_of(from.type) | from.mode,
            .uid = from.uid,
            .gid = from.gid,
            .mtime = from.mtime(),
            .device = makedev(from.device_major, from.device_minor),
            .content = {},
            .xattrs = tree_.xattrs(from),
            .link_group = {},
            .opaque = from.opaque};
    if (from.is_whiteout()) node = {.mode = S_IFCHR};
    if (from.is_symlink()) node.content = tree_.target(id);
    if (from.type == codec::NodeType::kFile) node.content = content(from);
    if (!from.is_folder()) {
      node.link_group = groups_.emplace(id, path).first->second;
    } else {
      for (const auto& [name, child] : tree_.entries(id)) add(child, layer::join_path(path, name));
    }
  }

  Tree take() { return std::move(found_); }

 private:
  static mode_t type_of(codec::NodeType type) {
    switch (type) {
      case codec::NodeType::kFile:
        return S_IFREG;
      case codec::NodeType::kFolder:
        return S_IFDIR;
      case codec::NodeType::kSymlink:
        return S_IFLNK;
      case codec::NodeType::kCharacterDevice:
        return S_IFCHR;
      case codec::NodeType::kBlockDevice:
        return S_IFBLK;
      case codec::NodeType::kFifo:
        return S_IFIFO;
    }
    return 0;
  }

  std::string content(const codec::FileNode& node) const {
    if (node.chunks == 0) return piece(node.place, node.data, node.size);
    const codec::FileChunks& chunks = tree_.chunks(node);
    std::string content;
    for (const std::uint64_t offset : chunks.offsets) {
      const std::size_t size =
          std::min<std::uint64_t>(std::uint64_t{1} << chunks.size_bits, node.size - content.size());
      content += offset == codec::FileChunks::kHole ? std::string(size, '\0') : piece(node.place, offset, size);
    }
    return content;
  }

  std::string piece(codec::DataPlace place, std::uint64_t offset, std::size_t size) const {
    if (place == codec::DataPlace::kArchive) return std::string(archive_.substr(offset, size));
    std::string text(size, '\0');
    text.resize(beside_->read_at(std::as_writable_bytes(std::span(text)), offset));
    return text;
  }

  const codec::FileTree& tree_;
  std::string_view archive_;
  const fs::File* beside_;
  Tree found_;
  std::map<codec::NodeId, std::string> groups_;
};

std::string describe(const TreeNode& node, bool with_time) {
  std::string text = fmt::format("mode {:o} owner {}:{} device {} links with '{}' content '{}'", node.mode, node.uid,
                                 node.gid, node.device, node.link_group, node.content.substr(0, 60));
  if (with_time) text += fmt::format(" time {}.{:09}", node.mtime.tv_sec, node.mtime.tv_nsec);
  if (node.opaque) text += " opaque";
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

Tree read_tree(const codec::FileTree& tree, std::string_view archive, const fs::File* beside) {
  FileTreeReader reader(tree, archive, beside);
  reader.add(codec::kRootNode, "");
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
