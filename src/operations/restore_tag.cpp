#include "operations/restore_tag.h"

#include "base/error.h"
#include "operations/find_image.h"

namespace davit::operations {

using base::Code;
using base::Error;

RestoredTag restore_tag(store::ImageStore& images, const std::string& text) try {
  const auto wanted = oci::parse_history_reference(text);
  if (!wanted) {
    throw Error::format(
        Code::kInvalidArgument,
        "'{}' names no entry of a tag's history: write it as name:tag@{{1}}; davit tags log {} lists them", text, text);
  }
  const FoundImage found = get_image(images, text);
  const store::Tag tag = {.reference = wanted->reference, .target = found.target, .image = found.record.id};
  const auto before = images.set_tag(tag, "restore");
  return {.now = tag, .before = before ? std::optional(before->target) : std::nullopt};
} catch (Error& e) {
  e.add_frame("while restoring '{}'", text);
  throw;
}

}  // namespace davit::operations
