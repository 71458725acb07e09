#pragma once
// Paths of the OCI distribution spec (v1.1.1, "Endpoints") and docker's (/v2/_catalog, /token).

#include <optional>
#include <string>
#include <string_view>

namespace davit::registry {

enum class Place { kBase, kCatalog, kTags, kManifest, kBlob, kUploads, kUpload, kReferrers };

struct Route {
  Place place;
  std::string repository;  // may be no valid name: is_repository_name()
  std::string reference;   // a tag, a digest or an upload's ID, as it was given
};

// Nothing for a path that is none of them. A repository may have any name, also one with parts called "tags",
// "manifests" or "blobs": the path's end decides.
std::optional<Route> parse_route(std::string_view path);

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/…)*, at most 255 bytes.
bool is_repository_name(std::string_view text);

}  // namespace davit::registry
