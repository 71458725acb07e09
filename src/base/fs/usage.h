#pragma once
// How much of the disk a folder tree takes, and since when. Reads only.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/clock.h"

namespace davit::base::fs {

struct TreeUsage {
  std::uint64_t size = 0;  // bytes of regular files and of symlinks' targets, each link group once: as docker counts
  std::uint64_t disk_bytes = 0;  // st_blocks of all, folders too, each link group once: as du(1) counts
  std::uint64_t entries = 0;     // names, the tree's own not counted

  TreeUsage& operator+=(const TreeUsage& other);
};

// Of the file or folder with all in it, but for what is mounted inside; links are not followed. What comes and goes
// meanwhile is counted or not; what cannot be read is warned about and left out. A tree that is missing has nothing.
TreeUsage measure_tree(const std::filesystem::path& path);

// Of the name alone: a file, or a folder without what is in it. 0 when it is missing.
std::uint64_t disk_bytes_of(const std::filesystem::path& path);

// When its content (of a folder: its names) changed last; nothing when it is missing.
std::optional<Time> changed_at(const std::filesystem::path& path);

}  // namespace davit::base::fs
