#pragma once
// The containers in the way of an image's removal by force: stopped, then removed. Private to src/operations.

#include <set>
#include <string>
#include <vector>

#include "operations/remove_image.h"

namespace davit::operations {

class ImageUsers {
 public:
  ImageUsers(container::ContainerStore& containers, const RemoveImageOptions& options)
      : containers_(containers), options_(options) {}

  // Throws Error(kConflict) for one that is pinned, or for the first that could not be stopped, with what else ended by
  // then told; nothing is removed in either case. One that somebody started or removed meanwhile is no error. The
  // caller does not hold the lock of image_use_lock.h, as this may take as long as their timeouts, and looks again.
  void remove(const oci::Digest& image, const std::vector<ImageUse>& uses);

 private:
  void refuse_pinned(const oci::Digest& image, const ImageUse& use);
  void ask(const std::vector<ImageUse>& running);
  void stop(const oci::Digest& image, const std::vector<ImageUse>& running);
  void remove(const ImageUse& use);

  container::ContainerStore& containers_;
  const RemoveImageOptions& options_;
  std::set<std::string> agreed_;  // IDs that the user was asked about
};

}  // namespace davit::operations
