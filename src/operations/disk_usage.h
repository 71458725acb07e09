#pragma once
// system df: what the store takes of the disk, and for what. Sizes are of two kinds: nominal ones, as docker counts
// them (bytes of unpacked files, a layer once however many images have it), and bytes of disk (blocks, as du(1) counts
// them: compressed blobs and unpacked layers).

#include <cstdint>
#include <string>
#include <vector>

#include "container/container_store.h"
#include "store/store.h"

namespace davit::operations {

struct ImageUsage {
  store::ImageRecord record;
  std::vector<std::string> containers;   // IDs of those that use it
  std::uint64_t shared = 0, unique = 0;  // nominal: in layers that other images have too, and in those of its own
  std::uint64_t disk_bytes = 0;          // of all that it needs
  std::uint64_t unique_disk_bytes = 0;   // of what only it needs: its removal gives that back
};

struct ContainerUsage {
  container::Container container;
  std::uint64_t size = 0;        // nominal: what it wrote
  std::uint64_t disk_bytes = 0;  // of all that is kept of it
};

struct VolumeUsage {
  container::Volume volume;
  std::size_t links = 0;   // containers that use it
  std::uint64_t size = 0;  // nominal: bytes of its files
  std::uint64_t disk_bytes = 0;
};

struct DiskUsage {
  std::vector<ImageUsage> images;          // newest first
  std::uint64_t image_bytes = 0;           // nominal: each layer once
  std::uint64_t unused_image_bytes = 0;    // of these the layers that no container's image has
  std::uint64_t image_disk_bytes = 0;      // of blobs and layers that something needs
  std::vector<ContainerUsage> containers;  // newest first
  std::vector<VolumeUsage> volumes;        // by name
  // The rest of the store: journal, index, records, folders, and leftovers.
  std::uint64_t other_disk_bytes = 0;
  std::uint64_t leftover_disk_bytes = 0;  // of interrupted downloads, removals and the like: a prune takes it
  std::size_t leftovers = 0;              // blobs and layers

  std::uint64_t disk_bytes() const;  // of all: du(1) of the store's folder
};

// Measures; what comes and goes meanwhile is counted or not. What is damaged or missing counts as it is on the disk.
DiskUsage measure_disk_usage(store::Store& store, container::ContainerStore& containers);

}  // namespace davit::operations
