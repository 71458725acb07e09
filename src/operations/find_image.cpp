#include "operations/find_image.h"

#include "base/error.h"
#include "base/strings.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

std::optional<FoundImage> by_tag(const store::ImageStore& images, const oci::Reference& reference) {
  const auto tag = images.find_tag(reference);
  if (!tag) return std::nullopt;
  auto record = images.find_image(tag->image);
  if (!record) {
    throw Error::format(Code::kCorrupt, "{}: its image {} is not in the store", reference.familiar(),
                        tag->image.text());
  }
  return FoundImage{.record = std::move(*record), .reference = reference, .target = tag->target};
}

std::optional<FoundImage> by_id(const store::ImageStore& images, const std::string& text) {
  std::string_view prefix = text;
  if (prefix.starts_with("sha256:")) prefix.remove_prefix(7);
  if (!base::is_hex(prefix) || prefix.size() > 64) return std::nullopt;
  auto found = images.find_images_by_prefix(prefix);
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) {
    throw Error::format(Code::kConflict, "'{}' is the beginning of {} image IDs: give more of its digits", text,
                        found.size());
  }
  const oci::Descriptor target = found[0].manifest;
  return FoundImage{.record = std::move(found[0]), .reference = std::nullopt, .target = target};
}

std::optional<FoundImage> by_history(const store::ImageStore& images, const oci::HistoryReference& wanted) {
  const auto moves = images.history(wanted.reference);
  if (moves.empty()) return std::nullopt;
  if (wanted.index >= moves.size()) {
    throw Error::format(Code::kNotFound, "{} has {} recorded moves: the oldest is {}@{{{}}}",
                        wanted.reference.familiar(), moves.size(), wanted.reference.familiar(), moves.size() - 1);
  }
  const store::TagMove& move = moves[wanted.index];
  if (!move.to || !move.to_image) {
    throw Error::format(Code::kNotFound, "{}@{{{}}} is the removal of the tag: it names no image",
                        wanted.reference.familiar(), wanted.index);
  }
  auto record = images.find_image(*move.to_image);
  if (!record) {
    const std::string by_digest = wanted.reference.repository().familiar() + "@" + move.to->digest.text();
    throw Error::format(Code::kNotFound, "{}@{{{}}} is gone from this machine; bring it back with: davit pull {}",
                        wanted.reference.familiar(), wanted.index, by_digest);
  }
  return FoundImage{.record = std::move(*record), .reference = std::nullopt, .target = *move.to};
}

}  // namespace

bool is_image_id(std::string_view text) {
  return text.starts_with("sha256:") || (text.size() == 64 && base::is_hex(text));
}

std::optional<FoundImage> find_image(const store::ImageStore& images, const std::string& text) {
  if (const auto history = oci::parse_history_reference(text)) return by_history(images, *history);
  if (is_image_id(text)) return by_id(images, text);
  // A name wins over an ID that looks like it, as docker has it.
  const oci::Reference reference = oci::Reference::parse_tagged(text, oci::Words::kDaemon);
  if (auto found = by_tag(images, reference)) return found;
  if (reference.digest() && reference.tag()) {
    return by_tag(images, oci::Reference::with_digest(reference.repository(), *reference.digest()));
  }
  return by_id(images, text);
}

std::string no_such_image(const std::string& text) {
  if (text.starts_with("sha256:") || oci::parse_history_reference(text)) return "No such image: " + text;
  if (is_image_id(text)) return "No such image: sha256:" + text;
  return "No such image: " + oci::Reference::parse_tagged(text).familiar();
}

FoundImage get_image(const store::ImageStore& images, const std::string& text) {
  auto found = find_image(images, text);
  if (!found) throw Error(Code::kNotFound, no_such_image(text));
  return std::move(*found);
}

}  // namespace davit::operations
