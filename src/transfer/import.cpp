#include "transfer/import.h"

#include <array>

#include "base/error.h"
#include "blob/blob_store.h"
#include "codec/compression.h"
#include "codec/hash.h"
#include "codec/tar.h"
#include "oci/manifest.h"
#include "transfer/image_content.h"
#include "transfer/interruptible_source.h"
#include "transfer/layer_fetch.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

struct ImportedLayer {
  std::unique_ptr<blob::SealedBlob> blob;
  oci::Digest diff_id;
};

// Reads the tar to its end; what is no tar at all is refused before it becomes a layer.
void check_tar(base::Source& tar) {
  codec::TarReader reader(tar);
  while (reader.next()) {
  }
  reader.drain();
}

// The archive as a layer's blob, leased before it can be seen.
ImportedLayer ingest(store::Store& store, store::Lease& lease, base::Source& archive) {
  const auto writer = store.blobs().ingest_unknown();
  std::array<std::byte, 6> head = {};
  const std::size_t head_size = base::read_full(archive, head);
  base::MemorySource head_source(base::ByteView(head).first(head_size));
  base::ConcatSource whole(head_source, archive);
  codec::HashSink diff_id;
  const auto compression = codec::detect_compression(base::ByteView(head).first(head_size));
  if (compression == codec::Compression::kGzip) {
    base::TeeSource kept(whole, *writer);
    const auto tar = codec::decompress(kept, compression);
    base::TeeSource hashed(*tar, diff_id);
    check_tar(hashed);
    base::NullSink rest;
    base::copy(kept, rest);
  } else {
    const auto tar = codec::decompress(whole, compression);
    const auto compressed = codec::compress(*writer, codec::Compression::kGzip, 0, codec::compression_threads());
    base::TeeSink both(diff_id, *compressed);
    base::TeeSource hashed(*tar, both);
    check_tar(hashed);
    compressed->finish();
  }
  lease.add(writer->digest());
  lease.add(diff_id.digest());
  return {.blob = writer->seal(), .diff_id = diff_id.digest()};
}

}  // namespace

store::ImageRecord import_archive(store::Store& store, base::Source& archive, const std::string& name,
                                  const ImportOptions& options) try {
  const auto lease = store.lease();
  store.layers();  // a store that can hold no layers says so before anything is read
  InterruptibleSource interruptible(archive);
  ImportedLayer imported = ingest(store, *lease, interruptible);
  const store::ImageLayer layer = {.blob = {.media_type = std::string(oci::media_type::kOciLayerGzip),
                                            .digest = imported.blob->digest(),
                                            .size = imported.blob->size()},
                                   .diff_id = imported.diff_id};
  StagedContent content(store);
  content.add(unpack_layer(store, layer, *imported.blob->open()));
  content.add(std::move(imported.blob));

  oci::ImageConfig config;
  config.created = base::now();
  config.platform = options.platform ? options.platform->normalized() : oci::Platform::host();
  config.config = options.config;
  config.diff_ids = {imported.diff_id};
  config.history = {
      {.created = config.created, .comment = options.message.empty() ? "Imported from " + name : options.message}};
  const auto config_blob = content.add_document(*lease, oci::media_type::kOciConfig, oci::to_json(config));
  const oci::Manifest manifest = {
      .media_type = std::string(oci::media_type::kOciManifest), .config = config_blob, .layers = {layer.blob}};
  const auto descriptor = content.add_document(*lease, manifest.media_type, oci::to_json(manifest));
  content.commit();

  store::ImageRecord record = {.id = config_blob.digest,
                               .manifest = descriptor,
                               .layers = {layer},
                               .size = content_size(store, {layer}),
                               .created = config.created,
                               .added = base::now()};
  store::Change change = {.command = "import", .add_images = {record}};
  if (options.tag) change.set_tags.push_back({.reference = *options.tag, .target = descriptor, .image = record.id});
  store.images().apply(change);
  return record;
} catch (Error& e) {
  e.add_frame("while importing '{}'", name);
  throw;
}

}  // namespace davit::transfer
