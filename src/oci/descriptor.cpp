#include "oci/descriptor.h"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "oci/json.h"

namespace davit::oci {

namespace media_type {

namespace {

constexpr std::string_view kOciForeignTar = "application/vnd.oci.image.layer.nondistributable.v1.tar";
constexpr std::string_view kOciForeignGzip = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
constexpr std::string_view kOciForeignZstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";
constexpr std::string_view kDockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
constexpr std::string_view kDockerForeignTar = "application/vnd.docker.image.rootfs.foreign.diff.tar";

constexpr std::array kForeign = {kOciForeignTar, kOciForeignGzip, kOciForeignZstd, kDockerForeignLayer,
                                 kDockerForeignTar};
constexpr std::array kLayers = {kOciLayerTar,    kOciLayerGzip,    kOciLayerZstd,
                                kDockerLayerTar, kDockerLayerGzip, kDockerLayerZstd};

template <typename Table>
bool contains(const Table& table, std::string_view type) {
  return std::find(table.begin(), table.end(), type) != table.end();
}

}  // namespace

bool is_manifest(std::string_view type) { return type == kOciManifest || type == kDockerManifest; }
bool is_index(std::string_view type) { return type == kOciIndex || type == kDockerIndex; }
bool is_schema1(std::string_view type) { return type == kDockerSchema1 || type == kDockerSchema1Signed; }
bool is_foreign(std::string_view type) { return contains(kForeign, type); }
bool is_layer(std::string_view type) { return contains(kLayers, type) || is_foreign(type); }

}  // namespace media_type

namespace json {

namespace {

Platform read_platform(const Node& node) {
  Platform platform;
  platform.os = node.string_or_empty("os");
  platform.architecture = node.string_or_empty("architecture");
  platform.variant = node.string_or_empty("variant");
  platform.os_version = node.string_or_empty("os.version");
  return platform;
}

boost::json::object write_platform(const Platform& platform) {
  boost::json::object out;
  out["architecture"] = platform.architecture;
  out["os"] = platform.os;
  if (!platform.os_version.empty()) out["os.version"] = platform.os_version;
  if (!platform.variant.empty()) out["variant"] = platform.variant;
  return out;
}

}  // namespace

Descriptor read_descriptor(const Node& node) {
  const Node type = node.at("mediaType");
  Descriptor out{.media_type = type.string(),
                 .digest = node.at("digest").digest(),
                 .size = node.at("size").size(),
                 .platform = std::nullopt,
                 .annotations = node.string_map_or_empty("annotations"),
                 .artifact_type = node.string_or_empty("artifactType"),
                 .urls = node.strings_or_empty("urls")};
  if (out.media_type.empty()) type.fail("must not be empty");
  if (const std::optional<Node> platform = node.find("platform")) out.platform = read_platform(*platform);
  return out;
}

boost::json::object write_descriptor(const Descriptor& descriptor) {
  boost::json::object out;
  out["mediaType"] = descriptor.media_type;
  out["digest"] = descriptor.digest.text();
  out["size"] = descriptor.size;
  if (!descriptor.urls.empty()) out["urls"] = boost::json::value_from(descriptor.urls);
  if (!descriptor.annotations.empty()) out["annotations"] = write_string_map(descriptor.annotations);
  if (descriptor.platform) out["platform"] = write_platform(*descriptor.platform);
  if (!descriptor.artifact_type.empty()) out["artifactType"] = descriptor.artifact_type;
  return out;
}

boost::json::object write_string_map(const std::map<std::string, std::string>& map) {
  boost::json::object out;
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

}  // namespace json

}  // namespace davit::oci
