#pragma once
// Manifests and indexes: parsed views beside the raw bytes. The bytes are the truth (architecture, decision 2): a
// digest is never computed over something serialised again. OCI image-spec manifest.md and image-index.md; docker's v2
// schema 2.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace davit::oci {

inline constexpr std::size_t kMaxManifestBytes = 4 * 1024 * 1024;  // also of a config
inline constexpr int kMaxJsonDepth = 64;

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  std::string artifact_type;
  std::map<std::string, std::string> annotations;

  bool operator==(const Manifest&) const = default;

  // Throws Error(kInvalidArgument) saying what is wrong where; Error(kNotSupported) for schema 1, in clear words.
  // `content_type` is what the server said, and must agree with the document's mediaType where that has one.
  static Manifest parse(std::string_view json, std::string_view content_type = {});
};

struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;

  bool operator==(const Index&) const = default;

  static Index parse(std::string_view json, std::string_view content_type = {});

  // The manifest for a platform: the best match, the first among equals; attestations (platform unknown/unknown) never.
  // Where none matches, the first that names no platform: what it is for stands in its config, and the caller must look
  // there.
  const Descriptor* choose(const Platform& wanted) const;
  // For messages: "linux/amd64, linux/arm64/v8".
  std::string platforms_text() const;
};

// The document's media type: its mediaType field, else by its shape (manifests, layers); throws Error as parse does.
std::string detect_media_type(std::string_view json);

// Serialises a manifest that davit makes itself (import, commit, build). Field order and layout are fixed, so that
// equal values give equal digests.
std::string to_json(const Manifest& manifest);
std::string to_json(const Index& index);

}  // namespace davit::oci
