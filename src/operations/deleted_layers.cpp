#include "operations/deleted_layers.h"

#include "codec/hash.h"

namespace davit::operations {

namespace {

// OCI image-spec config.md, "Layer ChainID": bottom first.
std::vector<oci::Digest> chain_ids(const store::ImageRecord& record) {
  std::vector<oci::Digest> chain;
  for (const store::ImageLayer& layer : record.layers) {
    chain.push_back(chain.empty() ? layer.diff_id : codec::digest_of(chain.back().text() + " " + layer.diff_id.text()));
  }
  return chain;
}

}  // namespace

DeletedLayers::DeletedLayers(const std::vector<store::ImageRecord>& images) {
  for (const store::ImageRecord& image : images) {
    for (const oci::Digest& chain : chain_ids(image)) ++users_[chain];
  }
}

std::vector<oci::Digest> DeletedLayers::remove(const store::ImageRecord& image) {
  std::vector<oci::Digest> deleted{image.id};
  const std::vector<oci::Digest> chain = chain_ids(image);
  for (auto id = chain.rbegin(); id != chain.rend(); ++id) {
    const auto users = users_.find(*id);
    if (users == users_.end() || --users->second > 0) continue;
    users_.erase(users);
    deleted.push_back(*id);
  }
  return deleted;
}

}  // namespace davit::operations
