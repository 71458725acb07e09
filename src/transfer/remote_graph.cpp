#include "transfer/remote_graph.h"

#include <atomic>
#include <set>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "transfer/image_content.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kMaxManifests = 1'000;
constexpr std::uint64_t kMaxBytes = 64 * 1024 * 1024;  // of all manifests together
constexpr int kMaxDepth = 4;                           // of indexes in indexes
constexpr std::size_t kParallel = 4;

class GraphFetch {
 public:
  GraphFetch(remote::RegistryClient& client, const oci::RepositoryName& repository)
      : client_(client), repository_(repository) {}

  RemoteGraph run(remote::RemoteManifest top) {
    seen_.insert(top.descriptor.digest);
    add(std::move(top), 0);
    return std::move(graph_);
  }

 private:
  void add(remote::RemoteManifest found, int depth) {
    const oci::Descriptor& descriptor = found.descriptor;
    if (depth > kMaxDepth) refuse_size();
    if (oci::media_type::is_schema1(descriptor.media_type)) {
      throw Error::format(Code::kNotSupported,
                          "{} is of docker's old manifest format (schema 1), which davit does not read: push it again "
                          "with a current docker",
                          descriptor.digest.text());
    }
    if (oci::media_type::is_index(descriptor.media_type)) {
      add_children(oci::Index::parse(found.bytes, descriptor.media_type), depth);
      graph_.push_back({.descriptor = descriptor, .bytes = std::move(found.bytes), .manifest = std::nullopt});
      return;
    }
    oci::Manifest manifest = oci::Manifest::parse(found.bytes, descriptor.media_type);
    graph_.push_back({.descriptor = descriptor, .bytes = std::move(found.bytes), .manifest = std::move(manifest)});
  }

  void add_children(const oci::Index& index, int depth) {
    std::vector<oci::Descriptor> wanted;
    for (const oci::Descriptor& child : index.manifests) {
      if (!oci::media_type::is_manifest(child.media_type) && !oci::media_type::is_index(child.media_type)) {
        throw Error::format(Code::kNotSupported, "the index lists {} of type {}, which is neither manifest nor index",
                            child.digest.text(), base::printable(child.media_type));
      }
      if (seen_.insert(child.digest).second) wanted.push_back(child);
      if (seen_.size() > kMaxManifests) refuse_size();
    }
    std::vector<std::optional<remote::RemoteManifest>> found(wanted.size());
    base::parallel_for(wanted.size(), kParallel, [&](std::size_t i) {
      base::check_interrupted();
      found[i] = fetch_child(wanted[i]);
      if ((bytes_ += found[i]->bytes.size()) > kMaxBytes) refuse_size();
    });
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      found[i]->descriptor.platform = wanted[i].platform;
      add(std::move(*found[i]), depth + 1);
    }
  }

  [[noreturn]] static void refuse_size() {
    throw Error::format(Code::kNotSupported,
                        "an index of more than {} manifests, {} bytes of them or {} levels is more than davit copies",
                        kMaxManifests, kMaxBytes, kMaxDepth);
  }

  remote::RemoteManifest fetch_child(const oci::Descriptor& child) const {
    try {
      return fetch_manifest(client_, repository_, child);
    } catch (const Error& e) {
      if (e.code() != Code::kNotFound) throw;
      throw Error::format(Code::kNotFound, "{} lists a manifest{} that the registry does not have: {}",
                          repository_.familiar(), child.platform ? " for " + child.platform->text() : "",
                          child.digest.text());
    }
  }

  remote::RegistryClient& client_;
  const oci::RepositoryName& repository_;
  RemoteGraph graph_;
  std::set<oci::Digest> seen_;
  std::atomic<std::uint64_t> bytes_ = 0;  // what is fetched is held: asked before the next one is
};

}  // namespace

RemoteGraph fetch_graph(remote::RegistryClient& client, const oci::RepositoryName& repository,
                        remote::RemoteManifest top) {
  return GraphFetch(client, repository).run(std::move(top));
}

remote::RemoteManifest fetch_manifest(remote::RegistryClient& client, const oci::RepositoryName& repository,
                                      const oci::Descriptor& descriptor) {
  remote::RemoteManifest found = client.get_manifest(repository, descriptor.digest.text());
  if (descriptor.size != 0) check_manifest_size(descriptor, found.bytes.size());
  return found;
}

std::optional<oci::ImageConfig> fetch_config(remote::RegistryClient& client, const oci::RepositoryName& repository,
                                             const oci::Manifest& manifest) {
  if (!is_image(manifest)) return std::nullopt;
  const oci::Descriptor& config = manifest.config;
  if (config.size > oci::kMaxManifestBytes) {
    throw Error::format(Code::kInvalidArgument, "config {}: {} bytes are more than the {} that davit reads",
                        config.digest.text(), config.size, oci::kMaxManifestBytes);
  }
  base::StringSink text(oci::kMaxManifestBytes);
  client.fetch_blob(repository, config, 0, text, [&text] { text.take(); });
  const oci::Digest computed = codec::digest_of(text.text(), config.digest.algorithm());
  if (computed != config.digest) {
    throw Error::format(Code::kCorrupt, "wrong digest of a config: expected {}, got {}", config.digest.text(),
                        computed.text());
  }
  return oci::ImageConfig::parse(text.text());
}

}  // namespace davit::transfer
