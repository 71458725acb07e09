#pragma once
// A part of the EROFS writer: the entries of a folder as its blocks have them.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "codec/erofs_format.h"
#include "codec/file_tree.h"

namespace davit::codec::erofs {

using Entries = std::vector<FileTree::Entry>;

inline std::uint64_t entry_bytes(std::string_view name) { return kEntrySize + name.size(); }

// The folder's entries with "." and ".." in their places: they do not come first where a name begins with "!".
inline Entries with_dots(NodeId folder, NodeId parent, Entries entries) {
  const auto by_name = [](const FileTree::Entry& a, const FileTree::Entry& b) { return a.name < b.name; };
  for (const FileTree::Entry& dots : {FileTree::Entry{".", folder}, FileTree::Entry{"..", parent}}) {
    entries.insert(std::lower_bound(entries.begin(), entries.end(), dots, by_name), dots);
  }
  return entries;
}
inline bool is_dots(std::string_view name) { return name == "." || name == ".."; }

// Calls `put` with the entries of each block, their bytes, and whether it is the last.
template <typename Put>
void in_blocks(const Entries& all, std::uint64_t block, const Put& put) {
  for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
    std::uint64_t bytes = 0;
    while (end < all.size() && bytes + entry_bytes(all[end].name) <= block) bytes += entry_bytes(all[end++].name);
    put(std::span(all).subspan(first, end - first), bytes, end == all.size());
  }
}

// Where `inode_of` gives an entry's inode and `mode_of` its mode.
template <typename InodeOf, typename ModeOf>
void store_entries(std::span<const FileTree::Entry> entries, const InodeOf& inode_of, const ModeOf& mode_of,
                   std::byte* at) {
  std::size_t name_at = entries.size() * kEntrySize;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [name, node] = entries[i];
    std::byte* entry = at + i * kEntrySize;
    store(entry + entry::kInodeAt, std::uint64_t{inode_of(node)});
    store(entry + entry::kNameAt, static_cast<std::uint16_t>(name_at));
    entry[entry::kTypeAt] = static_cast<std::byte>(entry_type(mode_of(node)));
    std::copy_n(reinterpret_cast<const std::byte*>(name.data()), name.size(), at + name_at);
    name_at += name.size();
  }
}

}  // namespace davit::codec::erofs
