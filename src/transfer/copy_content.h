#pragma once
// Blobs and manifests from one repository to another, past the store.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "oci/reference.h"
#include "remote/registry_client.h"
#include "transfer/progress.h"
#include "transfer/remote_graph.h"

namespace davit::transfer {

// From where to where; all outlives the copy. The clients may be one.
struct CopyRoute {
  remote::RegistryClient& from;
  const oci::RepositoryName& source;
  remote::RegistryClient& to;
  const oci::RepositoryName& target;

  bool within_one_registry() const { return source.domain() == target.domain(); }
};

class ContentCopier {
 public:
  ContentCopier(const CopyRoute& route, std::size_t parallel_blobs, Progress& progress)
      : route_(route), parallel_(parallel_blobs), progress_(progress) {}

  // Brings the graph's blobs, several at once, then its manifests by digest, children first; all but the last, which
  // the caller puts under the name it shall have. What an earlier call brought is passed over.
  void copy(const RemoteGraph& graph);
  // Puts one manifest under a tag or its digest.
  void put(const RemoteNode& node, const std::string& reference);

 private:
  struct Blob {
    oci::Descriptor descriptor;
    bool is_layer = false;  // layers are told of, configs are not
  };
  void add_blobs(const oci::Manifest& manifest, std::vector<Blob>& blobs);
  void copy_blobs(const std::vector<Blob>& blobs);
  void copy_blob(const Blob& blob);

  const CopyRoute& route_;
  const std::size_t parallel_;
  Progress& progress_;
  // Apart: a manifest may be a blob of another one.
  std::set<oci::Digest> copied_;  // blobs
  std::set<oci::Digest> put_;     // manifests
};

}  // namespace davit::transfer
