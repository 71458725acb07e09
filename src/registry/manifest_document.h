#pragma once
// What a registry reads of a manifest or an index that is pushed: OCI image-spec manifest.md, image-index.md, docker's
// v2 schema 2. Its bytes stay as they came.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace davit::registry {

struct ManifestDocument {
  std::string media_type;
  std::vector<oci::Descriptor> blobs;      // config and layers, but for layers that are not distributed
  std::vector<oci::Descriptor> manifests;  // of an index
  std::optional<oci::Descriptor> subject;
  std::string artifact_type;  // artifactType, else the config's media type
  std::string annotations;    // JSON object, or empty
};

// `content_type` is the request's; where both tell, it and the document's mediaType must agree. Throws
// Error(kInvalidArgument) saying what is wrong where.
ManifestDocument read_manifest(std::string_view json, std::string_view content_type);

}  // namespace davit::registry
