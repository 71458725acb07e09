#pragma once
// Pins on images: something that lasts (a deployment) needs an image and says so by its name. A pinned image is not
// deleted, whatever a user asks; its names may go. docs/formats/pins.md.

#include <filesystem>
#include <string>
#include <vector>

#include "oci/digest.h"

namespace davit::store {

// Safe for use by any number of threads and processes. Who pins an image holds operations/image_use_lock.h shared and
// has found the image here (operations/pins.h does both): else it may go at that moment.
class ImagePins {
 public:
  explicit ImagePins(std::filesystem::path root);  // the store's

  // Durable on return, idempotent. Throw Error(kInvalidArgument) for what is no name of a holder (base/holders.h).
  void add(const oci::Digest& image, const std::string& holder);
  void remove(const oci::Digest& image, const std::string& holder);

  std::vector<std::string> holders(const oci::Digest& image) const;  // sorted; empty: it is not pinned

 private:
  std::filesystem::path folder(const oci::Digest& image) const;
  std::filesystem::path folder_;
};

}  // namespace davit::store
