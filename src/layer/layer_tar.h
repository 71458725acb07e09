#pragma once
// A layer's tar on its way into a driver.

#include "base/read_ahead.h"
#include "codec/hash.h"
#include "codec/tar.h"

namespace davit::layer {

// Reads the tar ahead in a thread of its own, so that whatever inflates it works beside the caller; hashes it and,
// where the tar is kept, writes it, each piece once and as it lies. The source outlives it, and gives or fails sooner
// or later whatever the caller does (base/read_ahead.h).
class LayerTar {
 public:
  LayerTar(base::Source& tar, const oci::Digest& diff_id, base::Sink* kept = nullptr);
  codec::TarReader& reader() { return reader_; }
  // Reads what is left, to the source's end. Throws Error(kCorrupt) "… expected …, got …" unless all of it has the diff
  // ID. Does not finish the Sink.
  void finish();
  std::uint64_t bytes() const { return hash_.size(); }  // so far

 private:
  const oci::Digest diff_id_;
  codec::HashSink hash_;
  base::NullSink nothing_;
  base::TeeSink seen_by_;
  base::ReadAhead ahead_;
  base::TeePieces pieces_;
  codec::TarReader reader_;
};

}  // namespace davit::layer
