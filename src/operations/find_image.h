#pragma once
// What a user means by the name of an image: tag, digest, ID, prefix of an ID, or a tag's history.

#include <optional>
#include <string>
#include <vector>

#include "oci/reference.h"
#include "store/image_store.h"

namespace davit::operations {

struct FoundImage {
  store::ImageRecord record;
  // How it was named: by a tag or a digest, or (nothing) by its ID.
  std::optional<oci::Reference> reference;
  oci::Descriptor target;  // what the reference names: an index or the image's manifest
};

// Nothing when there is none. "name:tag@{1}" is looked up in the tag's history. Throws Error(kInvalidArgument) with
// docker's words for a malformed name, Error(kConflict) when a prefix fits several images.
std::optional<FoundImage> find_image(const store::ImageStore& images, const std::string& text);

// The same; throws Error(kNotFound) "No such image: …" with the reference as docker shows it.
FoundImage get_image(const store::ImageStore& images, const std::string& text);

// Docker's words for an image that is not here: the text with its tag made plain ("nosuch:latest").
std::string no_such_image(const std::string& text);

// Whether the text can be nothing but an ID: "sha256:…", or 64 digits, which the grammar refuses as a name.
bool is_image_id(std::string_view text);

}  // namespace davit::operations
