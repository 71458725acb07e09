#pragma once
// How much a folder tree holds.

#include <cstdint>
#include <string>

#include "base/fs/tree.h"

namespace davit::layer {

inline constexpr std::uint64_t kBlockBytes = 4096;

inline std::uint64_t whole_blocks(std::uint64_t size) { return (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

struct TreeSize {
  std::uint64_t size = 0;  // bytes of regular files and of symlinks' targets, each link group once: as docker counts
  std::uint64_t disk_bytes = 0;  // st_blocks of all, each link group once
  std::uint64_t entries = 0;     // names, the folder itself not counted
};

// Of the folder `name` in `parent` with all in it; links are not followed.
TreeSize measure_tree(const base::fs::Directory& parent, const std::string& name);

}  // namespace davit::layer
