#pragma once
// The images of a store, narrowed by docker's filters.

#include <vector>

#include "operations/filters.h"
#include "store/store.h"

namespace davit::operations {

struct ListedImage {
  store::ImageSummary record;
  std::vector<store::Tag> tags;  // tags and repository digests: those that the filters leave; none: "<none>"
};

// Newest first. Filters: dangling=, label= (several: all must hold), before=, since= (an image), until= (a moment),
// reference= (patterns: one must match). An image's configuration is read only where labels are asked for. Throws Error
// in docker's words: kInvalidArgument "Invalid filter 'x'", kNotFound for the image of before= and since=.
std::vector<ListedImage> list_images(store::Store& store, const Filters& filters);

}  // namespace davit::operations
