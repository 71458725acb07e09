#pragma once
// Made-up images and tags for the tests of this folder.

#include <string>

#include "codec/hash.h"
#include "store/image_store.h"

namespace davit::store {

inline oci::Digest digest(const std::string& text) { return codec::digest_of(text); }

inline oci::Descriptor descriptor(const std::string& text) {
  return {std::string(oci::media_type::kOciManifest), digest(text), text.size(), {}, {}, {}};
}

inline ImageRecord image(const std::string& name, std::uint64_t size = 100) {
  return {.id = digest(name),
          .manifest = descriptor(name + " manifest"),
          .index = {},
          .layers = {{descriptor(name + " layer"), digest(name + " diff")}},
          .size = size,
          .created = base::Time(std::chrono::seconds(1'700'000'000)),
          .added = base::Time(std::chrono::seconds(1'700'000'001))};
}

inline oci::Reference reference(const std::string& text) { return oci::Reference::parse(text); }

inline Tag tag(const std::string& name, const std::string& image_name) {
  return {reference(name), descriptor(image_name + " manifest"), digest(image_name)};
}

// All that can be asked, as one text: two stores that agree on it agree.
inline std::string dump(const ImageStore& store) {
  std::string text;
  for (const ImageRecord& record : store.list_images()) text += "image " + record.id.text() + "\n";
  for (const Tag& t : store.list_tags()) {
    text += t.reference.text() + " = " + t.image.text() + " " + t.target.digest.text() + "\n";
    for (const TagMove& move : store.history(t.reference)) {
      text += std::to_string(move.sequence) + " " + base::to_rfc3339(move.when) + " " + move.command + " " +
              (move.from_image ? move.from_image->hex() : "-") + " " + (move.to_image ? move.to_image->hex() : "-") +
              (move.gone ? " gone\n" : "\n");
    }
  }
  return text;
}

}  // namespace davit::store
