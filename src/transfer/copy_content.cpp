#include "transfer/copy_content.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "transfer/remote_blob.h"
#include "transfer/upload_progress.h"

namespace davit::transfer {

using base::Error;

void ContentCopier::copy(const RemoteGraph& graph) {
  std::vector<Blob> blobs;
  for (const RemoteNode& node : graph) {
    if (node.manifest) add_blobs(*node.manifest, blobs);
  }
  copy_blobs(blobs);
  for (std::size_t i = 0; i + 1 < graph.size(); ++i) {
    if (!put_.insert(graph[i].descriptor.digest).second) continue;
    put(graph[i], graph[i].descriptor.digest.text());
  }
}

void ContentCopier::put(const RemoteNode& node, const std::string& reference) {
  base::check_interrupted();
  route_.to.put_manifest(route_.target, reference, node.descriptor.media_type, node.bytes);
}

// Top layer first, as a push lists them; each once.
void ContentCopier::add_blobs(const oci::Manifest& manifest, std::vector<Blob>& blobs) {
  for (auto layer = manifest.layers.rbegin(); layer != manifest.layers.rend(); ++layer) {
    if (!copied_.insert(layer->digest).second) continue;
    if (oci::media_type::is_foreign(layer->media_type)) {
      // Whoever pulls fetches it from where its urls say: docker's words.
      progress_.message(layer->digest.short_hex() + ": Skipped foreign layer");
      continue;
    }
    progress_.layer(layer->digest, LayerStatus::kPreparing);
    progress_.bytes(layer->digest, LayerStatus::kWaiting, 0, layer->size);
    blobs.push_back({.descriptor = *layer, .is_layer = true});
  }
  if (copied_.insert(manifest.config.digest).second) blobs.push_back({.descriptor = manifest.config});
}

void ContentCopier::copy_blobs(const std::vector<Blob>& blobs) {
  // Once one has failed the others need not end.
  base::parallel_until_failure(blobs.size(), parallel_, [&](std::size_t i) {
    base::check_interrupted();
    copy_blob(blobs[i]);
  });
}

void ContentCopier::copy_blob(const Blob& blob) try {
  const oci::Descriptor& descriptor = blob.descriptor;
  std::optional<oci::RepositoryName> mount_from;
  if (route_.within_one_registry() && route_.source != route_.target) mount_from = route_.source;
  UploadProgress upload(progress_, descriptor.digest, descriptor.size,
                        {.under_way = LayerStatus::kCopying, .done = LayerStatus::kCopied});
  const auto result = route_.to.push_blob(
      route_.target, descriptor, mount_from,
      [&] { return std::make_unique<RemoteBlob>(route_.from, route_.source, descriptor); },
      [&](std::int64_t bytes) {
        base::check_interrupted();
        if (blob.is_layer) upload.sent(bytes);
      });
  if (blob.is_layer) upload.ended(result, mount_from);
} catch (Error& e) {
  e.add_frame("while copying blob {}", blob.descriptor.digest.text());
  throw;
}

}  // namespace davit::transfer
