#pragma once
// Which images and tags `save` means by its arguments.

#include <string>
#include <vector>

#include "store/image_store.h"
#include "transfer/save.h"

namespace davit::operations {

// As docker has it: a name without a tag is all tags of the repository; what is named by its ID, by a digest or by its
// history goes without a name. What is named twice is there once. Throws Error in docker's words for what is not here.
std::vector<transfer::ImageToSave> images_to_save(const store::ImageStore& images,
                                                  const std::vector<std::string>& names);

}  // namespace davit::operations
