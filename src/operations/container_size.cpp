#include "operations/container_size.h"

namespace davit::operations {

ContainerSize container_size(const store::ImageStore& images, const container::ContainerStore& containers,
                             const container::Container& container) {
  ContainerSize size;
  size.own = containers.written_bytes(container.id());
  const auto& image = container.record.description.image;
  const auto record = image ? images.find_image(*image) : std::nullopt;
  size.with_image = size.own + (record ? record->size : 0);
  return size;
}

}  // namespace davit::operations
