#pragma once
// A tree of files in memory: what an archive makes, before it becomes folders or an EROFS image. About 100 bytes and
// its name for each entry. A pure value; not for two threads at once.

#include <cstdint>
#include <ctime>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace davit::codec {

using NodeId = std::uint32_t;
inline constexpr NodeId kRootNode = 0;
inline constexpr NodeId kNoNode = UINT32_MAX;

enum class NodeType : std::uint8_t { kFile, kFolder, kSymlink, kCharacterDevice, kBlockDevice, kFifo };

// Where the bytes of a file lie: in the archive itself, or (of sparse files) in a file beside it. Offsets are multiples
// of 512.
enum class DataPlace : std::uint8_t { kArchive, kBeside };

// A file system object. Those with several names (hard links) are one node.
struct FileNode {
  NodeType type = NodeType::kFile;
  DataPlace place = DataPlace::kArchive;
  bool implied = false;    // a folder that holds entries but was not listed
  bool opaque = false;     // a folder that hides what lower layers have in it
  std::uint16_t mode = 0;  // permission bits, setuid, setgid, sticky; no type
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t mtime_nanoseconds = 0;
  std::int64_t mtime_seconds = 0;
  std::uint32_t names = 0;   // how many it has; kept by FileTree. 0: removed
  std::uint32_t xattrs = 0;  // of FileTree::xattrs(); 0: none
  std::uint64_t size = 0;    // bytes of a file, of a link's target
  std::uint64_t data = 0;    // of a file: offset in `place`, or of a sparse one see FileTree::chunks()
  std::uint32_t chunks = 0;  // of a sparse file: FileTree::chunks(); 0: its data is in one piece
  std::uint32_t device_major = 0, device_minor = 0;
  std::uint32_t folder = 0;  // of a folder; kept by FileTree

  struct timespec mtime() const {
    return {mtime_seconds, static_cast<long>(mtime_nanoseconds)};
  }
  bool is_folder() const { return type == NodeType::kFolder; }
  bool is_symlink() const { return type == NodeType::kSymlink; }
  // Overlayfs's mark of a name that lower layers have and this one has not: a character device 0:0.
  bool is_whiteout() const { return type == NodeType::kCharacterDevice && device_major == 0 && device_minor == 0; }
};

// The data of a sparse file, in pieces of one size; the last may be short.
struct FileChunks {
  static constexpr std::uint64_t kHole = UINT64_MAX;
  unsigned size_bits = 12;             // of a piece: 1 << size_bits bytes
  std::vector<std::uint64_t> offsets;  // of each piece in the node's place, or kHole
};

class FileTree {
 public:
  using Xattrs = std::vector<std::pair<std::string, std::string>>;  // by name, sorted

  FileTree();  // with its root: a folder, 0755, root's, of 1970
  ~FileTree();
  FileTree(FileTree&&) noexcept;
  FileTree& operator=(FileTree&&) noexcept;

  FileNode& operator[](NodeId id) { return nodes_[id]; }
  const FileNode& operator[](NodeId id) const { return nodes_[id]; }
  // Of ids that were given out: 0 is the root, those without names are removed.
  std::size_t node_count() const { return nodes_.size(); }

  // The node of that name in a folder, or kNoNode.
  NodeId find(NodeId folder, std::string_view name) const;
  // A new node under a name that is free (1 to 255 bytes, without "/" and NUL; not "." or ".."). References to other
  // nodes stay good.
  NodeId add(NodeId folder, std::string_view name, const FileNode& node);
  NodeId add_symlink(NodeId folder, std::string_view name, FileNode node, std::string_view target);
  // One more name for a node that is no folder.
  void add_name(NodeId folder, std::string_view name, NodeId node);
  // Takes the name away, and what has no name then; a folder goes with all in it. Fine when missing.
  void remove(NodeId folder, std::string_view name);

  NodeId parent(NodeId folder) const { return folder_at(folder).parent; }  // of a folder; the root is its own
  std::string path(NodeId folder) const;                                   // of a folder: "usr/lib"; "" is the root
  // Of a folder but the root: its own name. As targets do, it lasts as long as the tree.
  std::string_view name(NodeId folder) const { return name_of(folder_at(folder)); }
  std::string_view target(NodeId symlink) const;

  // Of folders only: their entries, sorted by the bytes of the names. Views last until the tree changes.
  struct Entry {
    std::string_view name;
    NodeId node;
  };
  std::vector<Entry> entries(NodeId folder) const;
  // The same in no order and without a copy, until `visit` returns false. The tree must not change meanwhile.
  void visit_entries(NodeId folder, const std::function<bool(const Entry&)>& visit) const;

  // Equal sets are kept once. Throws Error(kNotSupported) for more than 128 MiB of different ones: an archive of few
  // bytes could else ask for any amount of memory (a global header gives each entry 1 MiB).
  std::uint32_t add_xattrs(Xattrs xattrs);
  const Xattrs& xattrs(const FileNode& node) const { return *xattr_sets_[node.xattrs]; }
  std::uint32_t add_chunks(FileChunks chunks);
  const FileChunks& chunks(const FileNode& node) const { return chunks_[node.chunks]; }

  std::uint64_t name_count() const { return live_names_; }  // the root not counted

 private:
  // Texts one after the other, in blocks that never move.
  class Texts;
  struct Name {
    std::uint32_t text;  // in texts_: a byte of length, then the name
    NodeId folder;
    NodeId node;         // kNoNode: taken away
    std::uint32_t next;  // of the same folder, in a ring
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Folder {
    NodeId node, parent;
    std::uint32_t name = kNone;  // its own
    std::uint32_t last = kNone;  // of those in it, the one added last, whose `next` is the first
    std::uint32_t count = 0;     // of those in it that are not taken away
  };

  const Folder& folder_at(NodeId node) const;
  std::string_view name_of(const Folder& folder) const;
  Folder& folder_at(NodeId node) { return const_cast<Folder&>(std::as_const(*this).folder_at(node)); }
  std::uint32_t slot_of(NodeId folder, std::string_view name) const;
  void put(NodeId folder, std::string_view name, NodeId node);
  void grow();
  void take_away(std::uint32_t name);

  std::unique_ptr<Texts> texts_;
  std::deque<FileNode> nodes_;
  std::deque<Name> names_;
  std::deque<Folder> folders_;
  std::vector<std::uint32_t> slots_;  // open addressing: indexes of names_, also of those taken away
  std::map<Xattrs, std::uint32_t> xattr_index_;
  std::vector<const Xattrs*> xattr_sets_;
  std::uint64_t xattr_bytes_ = 0;  // of all sets
  std::vector<FileChunks> chunks_;
  std::uint64_t live_names_ = 0;
};

}  // namespace davit::codec
