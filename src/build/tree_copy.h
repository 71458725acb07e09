#pragma once
// What COPY and ADD put into a layer: planned from folder trees, hashed for the cache, written as a tar. Nothing is
// mounted for it and nothing copied beside: the tar comes straight from the sources.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fs/tree.h"
#include "base/io.h"
#include "build/file_digests.h"
#include "codec/tar.h"

namespace davit::build {

struct Owner {
  std::uint32_t uid = 0, gid = 0;
};

struct CopyOptions {
  std::optional<Owner> owner;  // of all that is copied, and of folders that are made for it; else the source's
  std::optional<mode_t> mode;  // of files and folders that are copied
  timespec made{};             // of folders that are made
};

// Paths in order, a folder just before what is in it: a '/' sorts before all else.
struct PathOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

// A thing of the layer to be. Paths have no slash at either end; "" is the root.
struct PlannedEntry {
  codec::TarEntry entry;                      // its path is the key
  const base::fs::Directory* tree = nullptr;  // where a file's bytes are, and its path there
  std::string source;
  std::shared_ptr<const std::string> bytes;  // in place of that
  struct stat status {};                     // of the source
  bool is_above = false;                     // a folder above what is copied, as it is in the image or made for it
};

// The path with all links in it resolved in a tree, whose root is /, also where what they lead to is missing. Throws
// Error(kInvalidArgument) for links that turn in a circle. `is_new` says of a path that the tree's word on it is void.
std::string resolve_links(const base::fs::Directory& tree, std::string_view path,
                          const std::function<bool(const std::string& path)>& is_new = {});

// What a filter says of a path in a source's tree.
enum class Want {
  kYes,
  kNo,            // a folder: not itself, but there may be something in it
  kNothingBelow,  // neither a folder nor what is in it
};

class TreeCopy {
 public:
  // `below`: the merged tree of the layers below; null where it is empty or of no account (--link). Outlives this.
  explicit TreeCopy(const base::fs::Directory* below) : below_(below) {}

  std::string resolve(std::string_view path) const;   // in the tree below, as resolve_links
  bool is_folder(const std::string& resolved) const;  // below, or planned here

  using Filter = std::function<Want(const std::string& path, bool is_folder)>;  // of the path in the source's tree
  // What is at `source` in the tree becomes `target` (resolved); a folder's content goes into the folder `target`,
  // which keeps its attributes where it is there. The tree outlives this. Throws Error(kInvalidArgument) naming both
  // where a folder would replace a file or the other way round.
  void add(const base::fs::Directory& tree, const std::string& source, const std::string& target,
           const CopyOptions& options, const Filter& wanted = {});
  // A file of these bytes (a heredoc, a download).
  void add_bytes(std::string bytes, mode_t mode, const std::string& target, const CopyOptions& options);
  // A folder that is to be there; nothing where it is.
  void add_folder(const std::string& target, const CopyOptions& options);

  bool empty() const { return entries_.empty(); }
  // A digest of all that is copied, without times: equal copies have equal ones.
  std::string content_digest(FileDigests& digests) const;
  // Does not finish the archive. Throws Error(kConflict) where a source changed since it was planned.
  void write(codec::TarWriter& tar) const;

 private:
  struct Walk;
  void walk(Walk& state, const base::fs::Directory& folder, const std::string& name, const std::string& source,
            const std::string& target, bool is_top);
  void add_folders_above(const std::string& target, const CopyOptions& options);
  void put(const std::string& target, PlannedEntry entry);
  std::optional<struct stat> status_below(const std::string& path) const;

  const base::fs::Directory* below_;
  std::map<std::string, PlannedEntry, PathOrder> entries_;
};

}  // namespace davit::build
