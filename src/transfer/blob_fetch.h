#pragma once
// A blob's bytes from where a pull has them: into the store's writer and, in order, to who reads them meanwhile.

#include <atomic>
#include <chrono>
#include <mutex>

#include "blob/blob_store.h"
#include "transfer/connections.h"
#include "transfer/feed_sink.h"
#include "transfer/progress.h"
#include "transfer/pull_source.h"

namespace davit::transfer {

struct FetchOptions {
  // In all, where large blobs are fetched in several ranges at once.
  std::size_t connections = 8;
  // Bytes asked for at once; a blob of two and more of them is a large one.
  std::uint64_t range_size = 8 * 1024 * 1024;
  // Below it the first byte comes so soon that one stream fills the link.
  std::chrono::microseconds least_latency{10'000};
};

// What the fetches of one command share. All outlive it.
struct FetchContext {
  PullSource& source;
  const FetchOptions& options;
  Connections& connections;
  Progress& progress;
  std::mutex images = {};  // for asking the store's images, which are for one thread at a time
};

// One try at a blob. `arrived` counts the bytes that came, for who watches whether more come.
class BlobFetch {
 public:
  BlobFetch(FetchContext& context, blob::BlobWriter& writer, const oci::Descriptor& blob)
      : context_(context), writer_(writer), blob_(blob) {}

  // Fetches what the writer lacks and gives all bytes in order to `reader`: those that were there before, too. Throws
  // what the fetch, the writer or the reader throws, and Error(kCancelled) when this thread is cancelled.
  void run(base::Sink& reader);
  std::uint64_t arrived() const { return arrived_; }
  // Who gave bytes to this try.
  const PullSource::Givers& givers() const { return givers_; }

 private:
  class Pieces;
  bool is_far() const;
  bool comes_in_pieces() const;
  void stream(FeedSink& feed);

  FetchContext& context_;
  blob::BlobWriter& writer_;
  const oci::Descriptor& blob_;
  std::atomic<std::uint64_t> arrived_{0};
  PullSource::Givers givers_;
};

}  // namespace davit::transfer
