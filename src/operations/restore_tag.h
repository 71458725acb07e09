#pragma once
// tags restore: a tag means again what it meant before.

#include <string>

#include "store/image_store.h"

namespace davit::operations {

struct RestoredTag {
  store::Tag now;
  std::optional<oci::Descriptor> before;  // what the tag meant until now, if it was there
};

// `text` is "name:tag@{N}". Itself a move that is recorded, and so can be taken back. Throws Error(kNotFound) saying
// how to bring the image back where it is gone from this machine.
RestoredTag restore_tag(store::ImageStore& images, const std::string& text);

}  // namespace davit::operations
