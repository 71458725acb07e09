#pragma once
// What a container's files take, as docker counts them: `ps --size`.

#include <cstdint>

#include "container/container_store.h"
#include "store/image_store.h"

namespace davit::operations {

struct ContainerSize {
  std::uint64_t own = 0;         // bytes of the files that it wrote
  std::uint64_t with_image = 0;  // and of those of its image; only its own where the image is no longer here
};

// Walks over the container's own layer.
ContainerSize container_size(const store::ImageStore& images, const container::ContainerStore& containers,
                             const container::Container& container);

}  // namespace davit::operations
