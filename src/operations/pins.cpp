#include "operations/pins.h"

#include "container/pins.h"
#include "operations/find_image.h"
#include "operations/image_use_lock.h"
#include "store/pins.h"

namespace davit::operations {

oci::Digest pin_image(store::Store& store, const std::string& text, const std::string& holder) {
  const auto lock = lock_image_use(store, base::FileLock::Mode::kShared);
  oci::Digest image = get_image(store.images(), text).record.id;
  store::ImagePins(store.root()).add(image, holder);
  return image;
}

void unpin_image(store::Store& store, const oci::Digest& image, const std::string& holder) {
  store::ImagePins(store.root()).remove(image, holder);
}

std::string pin_container(container::ContainerStore& containers, const std::string& text, const std::string& holder) {
  auto held = containers.hold(containers.get(text).id());
  container::pin(held, holder);
  return held.record().id;
}

void unpin_container(container::ContainerStore& containers, const std::string& id, const std::string& holder) {
  auto held = containers.hold(id);
  container::unpin(held, holder);
}

}  // namespace davit::operations
