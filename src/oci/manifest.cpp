#include "oci/manifest.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/strings.h"
#include "oci/json.h"

namespace davit::oci {

namespace {

namespace bj = boost::json;
using base::Code;
using base::Error;
using json::Document;
using json::Node;

enum class Kind { kManifest, kIndex };

std::string_view word(Kind kind) { return kind == Kind::kManifest ? "manifest" : "index"; }

bool is_of(Kind kind, std::string_view type) {
  return kind == Kind::kManifest ? media_type::is_manifest(type) : media_type::is_index(type);
}

[[noreturn]] void refuse_schema1() {
  throw Error(Code::kNotSupported,
              "this is a docker schema 1 image, a format no longer in use: it must be pushed again by a current client "
              "(docker, podman, davit), which stores it as docker schema 2 or OCI");
}

Document read(std::string_view text, std::string_view what) {
  return Document::parse(text, std::string(what), {.bytes = kMaxManifestBytes, .depth = kMaxJsonDepth});
}

// "application/json; charset=utf-8" -> "application/json". Media types are case-insensitive.
std::string bare_type(std::string_view content_type) {
  return base::to_lower(base::trim(content_type.substr(0, content_type.find(';'))));
}

// Whether the server's Content-Type tells anything of what the document is; "application/json" does not.
bool is_known(std::string_view type) { return media_type::is_manifest(type) || media_type::is_index(type); }

bool looks_like_schema1(const Node& root) {
  const std::optional<Node> type = root.find("mediaType");
  if (type && type->is_string() && media_type::is_schema1(type->string())) return true;
  const std::optional<Node> version = root.find("schemaVersion");
  return root.has("fsLayers") || (version && version->is_integer() && version->integer() == 1);
}

// Checks what manifests and indexes have in common; returns the media type.
std::string check_head(const Node& root, Kind kind, std::string_view content_type) {
  const std::string told = bare_type(content_type);
  if (media_type::is_schema1(told) || looks_like_schema1(root)) refuse_schema1();
  if (const Node version = root.at("schemaVersion"); version.integer() != 2) {
    version.fail(fmt::format("must be 2, not {}", version.integer()));
  }
  // A document that reads as both may be taken for one by the registry and for the other by us: CVE-2021-41190.
  for (const char* key : {"manifests", "layers", "config"}) {
    const bool of_index = key == std::string_view("manifests");
    if (root.has(key) && of_index != (kind == Kind::kIndex)) {
      root.fail(fmt::format("has \"{}\", which does not belong in an {}", key,
                            kind == Kind::kIndex ? "image index" : "image manifest"));
    }
  }
  std::string type = root.string_or_empty("mediaType");
  if (!type.empty() && is_known(told) && type != told) {
    root.fail(fmt::format("says it is '{}', but was served as '{}'", base::printable(type), told));
  }
  if (type.empty())
    type = is_known(told) ? told : kind == Kind::kIndex ? media_type::kOciIndex : media_type::kOciManifest;
  if (!is_of(kind, type)) {
    root.fail(fmt::format("is of type '{}', which is no image {}", base::printable(type), word(kind)));
  }
  return type;
}

// An array of descriptors; it must be there but may be null, as Go writes an empty slice.
std::vector<Descriptor> read_descriptors(const Node& root, std::string_view key) {
  std::vector<Descriptor> out;
  if (!root.has(key)) root.at(key);
  if (const std::optional<Node> array = root.find(key)) {
    array->each_element([&](const Node& element) { out.push_back(json::read_descriptor(element)); });
  }
  return out;
}

bj::array write_descriptors(const std::vector<Descriptor>& descriptors) {
  bj::array out;
  for (const Descriptor& descriptor : descriptors) out.push_back(json::write_descriptor(descriptor));
  return out;
}

// What buildx puts beside the images it builds: provenance and SBOM, no image.
bool is_attestation(const Descriptor& descriptor) {
  if (descriptor.annotations.contains("vnd.docker.reference.type")) return true;
  return descriptor.platform && descriptor.platform->os == "unknown" && descriptor.platform->architecture == "unknown";
}

}  // namespace

Manifest Manifest::parse(std::string_view text, std::string_view content_type) {
  const Document document = read(text, "manifest");
  const Node root = document.root();
  std::string type = check_head(root, Kind::kManifest, content_type);
  Manifest out{.media_type = std::move(type),
               .config = json::read_descriptor(root.at("config")),
               .layers = read_descriptors(root, "layers"),
               .subject = std::nullopt,
               .artifact_type = root.string_or_empty("artifactType"),
               .annotations = root.string_map_or_empty("annotations")};
  if (const std::optional<Node> subject = root.find("subject")) out.subject = json::read_descriptor(*subject);
  return out;
}

Index Index::parse(std::string_view text, std::string_view content_type) {
  const Document document = read(text, "image index");
  const Node root = document.root();
  Index out;
  out.media_type = check_head(root, Kind::kIndex, content_type);
  out.manifests = read_descriptors(root, "manifests");
  out.annotations = root.string_map_or_empty("annotations");
  return out;
}

const Descriptor* Index::choose(const Platform& wanted) const {
  const Descriptor* best = nullptr;
  const Descriptor* unnamed = nullptr;
  int best_rank = 0;
  for (const Descriptor& candidate : manifests) {
    if (!is_known(candidate.media_type) || is_attestation(candidate)) continue;
    if (!candidate.platform) {
      if (unnamed == nullptr) unnamed = &candidate;
      continue;
    }
    const std::optional<int> rank = match(wanted, *candidate.platform);
    if (rank && (best == nullptr || *rank < best_rank)) {
      best = &candidate;
      best_rank = *rank;
    }
  }
  return best != nullptr ? best : unnamed;
}

std::string Index::platforms_text() const {
  std::vector<std::string> names;
  for (const Descriptor& manifest : manifests) {
    if (!manifest.platform || is_attestation(manifest)) continue;
    std::string name = base::printable(manifest.platform->text());
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return base::join(names, ", ");
}

std::string detect_media_type(std::string_view text) {
  const Document document = read(text, "manifest");
  const Node root = document.root();
  if (looks_like_schema1(root)) refuse_schema1();
  if (std::string type = root.string_or_empty("mediaType"); !type.empty()) return type;
  const bool is_index = root.has("manifests");
  const bool is_manifest = root.has("layers") || root.has("config");
  if (is_index && is_manifest) root.fail("has both \"manifests\" and \"layers\" or \"config\": it is ambiguous");
  if (!is_index && !is_manifest) root.fail("is neither an image manifest nor an image index");
  return std::string(is_index ? media_type::kOciIndex : media_type::kOciManifest);
}

std::string to_json(const Manifest& manifest) {
  bj::object out;
  out["schemaVersion"] = 2;
  if (!manifest.media_type.empty()) out["mediaType"] = manifest.media_type;
  if (!manifest.artifact_type.empty()) out["artifactType"] = manifest.artifact_type;
  out["config"] = json::write_descriptor(manifest.config);
  out["layers"] = write_descriptors(manifest.layers);
  if (manifest.subject) out["subject"] = json::write_descriptor(*manifest.subject);
  if (!manifest.annotations.empty()) out["annotations"] = json::write_string_map(manifest.annotations);
  return bj::serialize(out);
}

std::string to_json(const Index& index) {
  bj::object out;
  out["schemaVersion"] = 2;
  if (!index.media_type.empty()) out["mediaType"] = index.media_type;
  out["manifests"] = write_descriptors(index.manifests);
  if (!index.annotations.empty()) out["annotations"] = json::write_string_map(index.annotations);
  return bj::serialize(out);
}

}  // namespace davit::oci
