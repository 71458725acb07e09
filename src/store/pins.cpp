#include "store/pins.h"

#include "base/holders.h"

namespace davit::store {

ImagePins::ImagePins(std::filesystem::path root) : folder_(std::move(root) / "pins") {}

std::filesystem::path ImagePins::folder(const oci::Digest& image) const {
  return folder_ / (std::string(oci::name(image.algorithm())) + "-" + image.hex());
}

void ImagePins::add(const oci::Digest& image, const std::string& holder) { base::Holders(folder(image)).add(holder); }

void ImagePins::remove(const oci::Digest& image, const std::string& holder) {
  base::Holders(folder(image)).remove(holder);
}

std::vector<std::string> ImagePins::holders(const oci::Digest& image) const {
  return base::Holders(folder(image)).list();
}

}  // namespace davit::store
