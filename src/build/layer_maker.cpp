#include "build/layer_maker.h"

#include "blob/blob_store.h"
#include "codec/hash.h"
#include "oci/descriptor.h"
#include "transfer/layer_fetch.h"
#include "transfer/staged_content.h"

namespace davit::build {

namespace {

std::string media_type_of(codec::Compression compression) {
  switch (compression) {
    case codec::Compression::kZstd:
      return std::string(oci::media_type::kOciLayerZstd);
    case codec::Compression::kNone:
      return std::string(oci::media_type::kOciLayerTar);
    default:
      return std::string(oci::media_type::kOciLayerGzip);
  }
}

}  // namespace

std::optional<store::ImageLayer> make_layer(store::Store& store, store::Lease& lease, const LayerOptions& options,
                                            const std::function<bool(base::Sink& tar)>& write) {
  const auto writer = store.blobs().ingest_unknown();
  const auto compressed = codec::compress(*writer, options.compression, options.level, codec::compression_threads());
  codec::HashSink diff_id;
  base::TeeSink both(diff_id, *compressed);
  if (!write(both)) return {};
  compressed->finish();
  lease.add(writer->digest());
  lease.add(diff_id.digest());
  auto sealed = writer->seal();
  const store::ImageLayer layer = {
      .blob = {.media_type = media_type_of(options.compression), .digest = sealed->digest(), .size = sealed->size()},
      .diff_id = diff_id.digest()};
  transfer::StagedContent content(store);
  content.add(transfer::unpack_layer(store, layer, *sealed->open()));
  content.add(std::move(sealed));
  content.commit();
  return layer;
}

}  // namespace davit::build
