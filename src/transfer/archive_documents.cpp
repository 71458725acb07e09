#include "transfer/archive_documents.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/strings.h"
#include "oci/json.h"

namespace davit::transfer {

namespace bj = boost::json;
using base::Code;
using base::Error;
using oci::json::Document;
using oci::json::Node;

std::vector<DockerArchiveImage> parse_docker_manifest(std::string_view text) {
  const Document document = Document::parse(text, std::string(kDockerManifestName));
  std::vector<DockerArchiveImage> images;
  document.root().each_element([&](const Node& node) {
    DockerArchiveImage image{.config = node.at("Config").string(),
                             .repo_tags = node.strings_or_empty("RepoTags"),
                             .layers = node.strings_or_empty("Layers"),
                             .layer_sources = {}};
    if (const auto sources = node.find("LayerSources")) {
      sources->each_member([&](const std::string& diff_id, const Node& source) {
        image.layer_sources.emplace(diff_id, oci::json::read_descriptor(source));
      });
    }
    images.push_back(std::move(image));
  });
  return images;
}

std::string docker_manifest_json(const std::vector<DockerArchiveImage>& images) {
  bj::array out;
  for (const DockerArchiveImage& image : images) {
    bj::object one;
    one["Config"] = image.config;
    if (image.repo_tags.empty()) {
      one["RepoTags"] = nullptr;
    } else {
      one["RepoTags"] = bj::array(image.repo_tags.begin(), image.repo_tags.end());
    }
    one["Layers"] = bj::array(image.layers.begin(), image.layers.end());
    if (!image.layer_sources.empty()) {
      bj::object sources;
      for (const auto& [diff_id, source] : image.layer_sources) sources[diff_id] = oci::json::write_descriptor(source);
      one["LayerSources"] = std::move(sources);
    }
    out.push_back(std::move(one));
  }
  return bj::serialize(out);
}

void check_oci_layout(std::string_view text) {
  const Document document = Document::parse(text, std::string(kOciLayoutName));
  const std::string version = document.root().at("imageLayoutVersion").string();
  if (version == "1" || version.starts_with("1.")) return;
  throw Error::format(Code::kNotSupported, "the archive's OCI layout is of version '{}': davit reads version 1",
                      base::printable(version));
}

std::string oci_layout_json() { return R"({"imageLayoutVersion":"1.0.0"})"; }

std::string repositories_json(const std::map<std::string, std::map<std::string, std::string>>& repositories) {
  bj::object out;
  for (const auto& [repository, tags] : repositories) {
    bj::object one;
    for (const auto& [tag, layer] : tags) one[tag] = layer;
    out[repository] = std::move(one);
  }
  return bj::serialize(out);
}

std::optional<oci::Reference> image_name(const oci::Descriptor& descriptor) {
  const auto annotation = [&](std::string_view key) {
    const auto found = descriptor.annotations.find(std::string(key));
    return found == descriptor.annotations.end() ? std::string() : found->second;
  };
  std::string text = annotation(kImageNameAnnotation);
  if (text.empty()) {
    text = annotation(kRefNameAnnotation);
    if (text.find_first_of(":/") == std::string::npos) return std::nullopt;
  }
  try {
    oci::Reference name = oci::Reference::parse_tagged(text, oci::Words::kDaemon);
    if (name.digest()) return std::nullopt;  // what it means follows from the content
    return name;
  } catch (Error& error) {
    throw Error::format(error.code(), "{}: '{}': {}", kOciIndexName, base::printable(text), error.message());
  }
}

std::map<std::string, std::string> name_annotations(const oci::Reference& name) {
  return {{std::string(kImageNameAnnotation), name.text()}, {std::string(kRefNameAnnotation), *name.tag()}};
}

oci::Reference parse_repo_tag(const std::string& text) {
  oci::Reference name = oci::Reference::parse(text, oci::Words::kDaemon);
  if (!name.tag() || name.digest())
    throw Error::format(Code::kInvalidArgument, "invalid tag \"{}\"", base::printable(text));
  return name;
}

std::optional<std::string> entry_name(std::string_view path) {
  if (path.starts_with("/") || path.find('\0') != std::string_view::npos) return std::nullopt;
  std::string name;
  for (const std::string& part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    if (!name.empty()) name += '/';
    name += part;
  }
  return name;
}

std::optional<std::string> link_target_name(std::string_view link_name, std::string_view target) {
  if (target.starts_with("/") || target.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string> parts = base::split(link_name, '/');
  parts.pop_back();
  for (const std::string& part : base::split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  return base::join(parts, "/");
}

std::optional<oci::Digest> blob_digest(std::string_view entry_name) {
  const std::vector<std::string> parts = base::split(entry_name, '/');
  if (parts.size() != 3 || parts[0] != "blobs") return std::nullopt;
  return oci::Digest::try_parse(parts[1] + ":" + parts[2]);
}

std::string blob_name(const oci::Digest& digest) {
  return "blobs/" + std::string(name(digest.algorithm())) + "/" + digest.hex();
}

std::optional<oci::Digest> layer_diff_id(std::string_view entry_name) {
  if (!entry_name.ends_with(".tar")) return std::nullopt;
  return oci::Digest::try_parse("sha256:" + std::string(entry_name.substr(0, entry_name.size() - 4)));
}

}  // namespace davit::transfer
