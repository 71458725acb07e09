#pragma once
// The documents of image archives, pure values: docker's manifest.json and repositories, OCI's oci-layout and
// index.json with containerd's annotations, and the names of entries. docs/formats/archives.md.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/reference.h"

namespace davit::transfer {

inline constexpr std::string_view kDockerManifestName = "manifest.json";
inline constexpr std::string_view kRepositoriesName = "repositories";
inline constexpr std::string_view kOciLayoutName = "oci-layout";
inline constexpr std::string_view kOciIndexName = "index.json";
inline constexpr std::string_view kImageNameAnnotation = "io.containerd.image.name";
inline constexpr std::string_view kRefNameAnnotation = "org.opencontainers.image.ref.name";

// One image of manifest.json.
struct DockerArchiveImage {
  std::string config;  // an entry's name, as are the layers, bottom first
  std::vector<std::string> repo_tags;
  std::vector<std::string> layers;
  std::map<std::string, oci::Descriptor> layer_sources;  // by diff ID; written, never needed

  bool operator==(const DockerArchiveImage&) const = default;
};

// Throws Error(kInvalidArgument) saying what is wrong where.
std::vector<DockerArchiveImage> parse_docker_manifest(std::string_view json);
std::string docker_manifest_json(const std::vector<DockerArchiveImage>& images);

// Throws Error(kNotSupported) for a layout of another version than 1.
void check_oci_layout(std::string_view json);
std::string oci_layout_json();

// Of `repositories`: repository, tag, the folder of the top layer.
std::string repositories_json(const std::map<std::string, std::map<std::string, std::string>>& repositories);

// The name that an index's descriptor gives its image: containerd's annotation, else a ref.name that holds a repository
// (with a tag: a word alone may be either, and names nothing). Nothing where there is none; throws Error for one that
// is malformed.
std::optional<oci::Reference> image_name(const oci::Descriptor& descriptor);
// The annotations that say so.
std::map<std::string, std::string> name_annotations(const oci::Reference& name);
// A name of manifest.json's RepoTags; throws Error(kInvalidArgument) in docker's words.
oci::Reference parse_repo_tag(const std::string& text);

// An entry's name in the archive as folder/…/name, without "./" and doubled slashes; "" for the root. Nothing where it
// is absolute or leads outside: nothing of an archive is ever a path of the file system, but whoever writes such names
// is up to something.
std::optional<std::string> entry_name(std::string_view path);
// Where a link of that name leads, inside the archive; nothing where it leads outside.
std::optional<std::string> link_target_name(std::string_view link_name, std::string_view target);

// The digest that "blobs/ALGORITHM/HEX" names, and back.
std::optional<oci::Digest> blob_digest(std::string_view entry_name);
std::string blob_name(const oci::Digest& digest);
// The diff ID that podman and skopeo call a layer by: "HEX.tar".
std::optional<oci::Digest> layer_diff_id(std::string_view entry_name);

}  // namespace davit::transfer
