#include "registry/manifest_document.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/strings.h"
#include "oci/json.h"
#include "oci/manifest.h"

namespace davit::registry {

namespace media_type = oci::media_type;
using base::Code;
using base::Error;
using oci::json::Document;
using oci::json::Node;

namespace {

std::string bare(std::string_view content_type) {
  return base::to_lower(base::trim(content_type.substr(0, content_type.find(';'))));
}

// Layers that were never meant to be pushed: image-spec layer.md, "Non-Distributable Layers".
bool is_not_distributed(const oci::Descriptor& layer) {
  return layer.media_type.find(".nondistributable.") != std::string::npos || media_type::is_foreign(layer.media_type);
}

std::string type_of(const Node& root, std::string_view content_type) {
  const std::string told = bare(content_type);
  const std::string own = root.string_or_empty("mediaType");
  const bool known = !told.empty() && told != "application/json" && told != "application/octet-stream";
  if (!own.empty() && known && own != told)
    root.fail(fmt::format("says it is '{}', but was sent as '{}'", base::printable(own), base::printable(told)));
  if (!own.empty()) return own;
  if (known) return told;
  return std::string(root.has("manifests") ? media_type::kOciIndex : media_type::kOciManifest);
}

void read_index(const Node& root, ManifestDocument& document) {
  if (root.has("layers") || root.has("config")) root.fail("is an index and has layers or a config");
  root.at("manifests").each_element([&](const Node& child) {
    document.manifests.push_back(oci::json::read_descriptor(child));
  });
}

void read_image(const Node& root, ManifestDocument& document) {
  if (root.has("manifests")) root.fail("is an image manifest and has manifests");
  const auto config = oci::json::read_descriptor(root.at("config"));
  if (document.artifact_type.empty()) document.artifact_type = config.media_type;
  document.blobs.push_back(config);
  root.at("layers").each_element([&](const Node& node) {
    auto layer = oci::json::read_descriptor(node);
    if (!is_not_distributed(layer)) document.blobs.push_back(std::move(layer));
  });
}

}  // namespace

ManifestDocument read_manifest(std::string_view json, std::string_view content_type) {
  const auto parsed = Document::parse(json, "manifest", {.bytes = oci::kMaxManifestBytes, .depth = oci::kMaxJsonDepth});
  const Node root = parsed.root();
  ManifestDocument document;
  document.media_type = type_of(root, content_type);
  if (media_type::is_schema1(document.media_type) || root.has("fsLayers"))
    root.fail("is docker's schema 1, which is no longer in use");
  if (const Node version = root.at("schemaVersion"); version.integer() != 2) version.fail("must be 2");
  document.artifact_type = root.string_or_empty("artifactType");
  if (const auto annotations = root.string_map_or_empty("annotations"); !annotations.empty())
    document.annotations = boost::json::serialize(oci::json::write_string_map(annotations));
  if (const auto subject = root.find("subject")) document.subject = oci::json::read_descriptor(*subject);
  if (media_type::is_index(document.media_type)) {
    read_index(root, document);
  } else if (media_type::is_manifest(document.media_type)) {
    read_image(root, document);
  } else {
    root.fail(fmt::format("is of type '{}', which is no manifest or index", base::printable(document.media_type)));
  }
  return document;
}

}  // namespace davit::registry
