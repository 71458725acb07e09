#include "transfer/layer_fetch.h"

#include <atomic>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/pipe.h"
#include "codec/compression.h"
#include "codec/hash.h"
#include "transfer/counter.h"
#include "transfer/feed_sink.h"
#include "transfer/image_content.h"

namespace davit::transfer {

namespace {

// Counts what passes, for progress; looks at Ctrl-C.
class CountingSink final : public base::Sink {
 public:
  CountingSink(base::Sink& next, const oci::Descriptor& blob, Progress& progress, std::uint64_t done)
      : next_(next), counter_(progress, blob.digest, LayerStatus::kDownloading, blob.size, done) {}
  void write(base::ByteView bytes) override {
    base::check_interrupted();
    next_.write(bytes);
    counter_.add(bytes.size());
  }
  void restart() { counter_.set(0); }

 private:
  base::Sink& next_;
  Counter counter_;
};

// Counts what is unpacked, in bytes of the blob. It is told once `downloaded`: until then the download is what matters.
class ExtractingSource final : public base::Source {
 public:
  ExtractingSource(base::Source& next, const oci::Descriptor& blob, Progress& progress,
                   const std::atomic<bool>* downloaded = nullptr)
      : next_(next), blob_(blob), progress_(progress), downloaded_(downloaded) {}
  std::size_t read(base::ByteSpan buffer) override {
    const std::size_t count = next_.read(buffer);
    done_ += count;
    if (counter_) {
      counter_->add(count);
    } else if (downloaded_ == nullptr || *downloaded_) {
      counter_.emplace(progress_, blob_.digest, LayerStatus::kExtracting, blob_.size, done_);
    }
    return count;
  }

 private:
  base::Source& next_;
  const oci::Descriptor& blob_;
  Progress& progress_;
  const std::atomic<bool>* downloaded_;
  std::uint64_t done_ = 0;
  std::optional<Counter> counter_;
};

// Fetches into the writer and, piece by piece, into the pipe. Runs in a thread of its own beside the unpacking.
void fetch_into(blob::BlobWriter& writer, base::Pipe& pipe, PullSource& source, const oci::Descriptor& blob,
                Progress& progress, std::atomic<bool>& downloaded) {
  try {
    FeedSink feed(pipe.sink());
    const std::uint64_t offset = writer.offset();
    if (offset > 0) {
      base::log::debug("{}: going on from byte {} of {}", blob.digest.text(), offset, blob.size);
      base::copy(writer.existing(), feed);
    }
    base::TeeSink both(writer, feed);
    CountingSink counted(both, blob, progress, offset);
    if (offset < blob.size) {
      source.fetch_blob(blob, offset, counted, [&] {
        writer.restart();
        feed.restart();
        counted.restart();
      });
    }
    downloaded = true;
    pipe.sink().finish();
  } catch (...) {
    pipe.fail(std::current_exception());
  }
}

// Errors about the bytes themselves, not about the way they came.
bool is_about_content(base::Code code) { return code == base::Code::kCorrupt || code == base::Code::kInvalidArgument; }

// Tells whether anybody read from it.
class WatchedSource final : public base::Source {
 public:
  explicit WatchedSource(base::Source& source) : source_(source) {}
  std::size_t read(base::ByteSpan buffer) override {
    touched_ = true;
    return source_.read(buffer);
  }
  bool touched() const { return touched_; }

 private:
  base::Source& source_;
  bool touched_ = false;
};

// That a blob holds the layer its config says: what unpacking finds out by the way. To be asked where the layer was
// here already; or an image could pass its blob off as a layer of another.
void check_diff_id(base::Source& tar, const oci::Digest& diff_id) {
  codec::HashSink hash(diff_id.algorithm());
  base::copy(tar, hash);
  if (hash.digest() != diff_id) {
    throw base::Error::format(base::Code::kCorrupt, "wrong digest of the content: expected {}, got {}", diff_id.text(),
                              hash.digest().text());
  }
}

// Unpacks a layer's compressed bytes. Bad content is told with the layer's digest.
std::unique_ptr<layer::StagedLayer> stage(store::Store& store, const store::ImageLayer& layer, base::Source& blob) try {
  const auto tar = codec::decompress_detected(blob);
  WatchedSource watched(*tar);
  auto staged = store.layers().stage(layer.diff_id, watched);
  if (!watched.touched()) check_diff_id(*tar, layer.diff_id);
  return staged;
} catch (const base::Error& e) {
  if (!is_about_content(e.code())) throw;
  throw base::Error::format(e.code(), "layer {}: {}", layer.blob.digest.text(), e.message());
}

// What one try brought.
struct Fetched {
  std::unique_ptr<blob::SealedBlob> blob;
  std::unique_ptr<layer::StagedLayer> layer;
};

Fetched fetch_and_unpack(store::Store& store, blob::BlobWriter& writer, PullSource& source,
                         const store::ImageLayer& layer, Progress& progress) {
  base::Pipe pipe;
  std::atomic<bool> downloaded = false;
  std::jthread fetcher([&] { fetch_into(writer, pipe, source, layer.blob, progress, downloaded); });
  Fetched fetched;
  base::NullSink rest;
  try {
    ExtractingSource extracting(pipe.source(), layer.blob, progress, &downloaded);
    if (is_unpackable(layer)) fetched.layer = stage(store, layer, extracting);
    base::copy(pipe.source(), rest);  // all of it, where nothing was to be unpacked
  } catch (const base::Error& e) {
    // Bad content: either these are not the bytes that were promised, which commit() tells and drops, so that the next
    // pull does not go on from them; or they are, and hold no good archive.
    if (is_about_content(e.code())) {
      try {
        base::copy(pipe.source(), rest);
      } catch (...) {
        pipe.close();
        fetcher.join();
        writer.discard();
        throw;
      }
      fetcher.join();
      writer.commit();
      throw;
    }
    pipe.close();
    throw;
  } catch (...) {
    pipe.close();
    throw;
  }
  fetcher.join();
  progress.layer(layer.blob.digest, LayerStatus::kVerifyingChecksum);
  fetched.blob = writer.seal();
  progress.layer(layer.blob.digest, LayerStatus::kDownloadComplete);
  return fetched;
}

// One try. `resumed`: whether it goes on from the bytes that an earlier one left.
Fetched try_layer(store::Store& store, PullSource& source, const store::ImageLayer& layer, Progress& progress,
                  bool& resumed) {
  const auto writer = store.blobs().ingest(layer.blob.digest, layer.blob.size);
  if (!writer) return {.blob = nullptr, .layer = unpack_layer(store, layer, &progress)};
  if (writer->is_whole()) {
    Fetched fetched = {.blob = writer->seal(), .layer = nullptr};
    const auto bytes = fetched.blob->open();
    ExtractingSource extracting(*bytes, layer.blob, progress);
    fetched.layer = unpack_layer(store, layer, extracting);
    return fetched;
  }
  resumed = writer->offset() > 0;
  return fetch_and_unpack(store, *writer, source, layer, progress);
}

}  // namespace

std::unique_ptr<layer::StagedLayer> unpack_layer(store::Store& store, const store::ImageLayer& layer,
                                                 base::Source& blob) {
  return is_unpackable(layer) ? stage(store, layer, blob) : nullptr;
}

std::unique_ptr<layer::StagedLayer> unpack_layer(store::Store& store, const store::ImageLayer& layer,
                                                 Progress* progress) {
  if (!is_unpackable(layer)) return nullptr;
  const auto blob = store.blobs().open(layer.blob.digest);
  if (progress == nullptr) return stage(store, layer, *blob);
  ExtractingSource extracting(*blob, layer.blob, *progress);
  return stage(store, layer, extracting);
}

void fetch_layer(store::Store& store, PullSource& source, const store::ImageLayer& layer, StagedContent& content,
                 Progress& progress) try {
  bool resumed = false;
  Fetched fetched;
  try {
    fetched = try_layer(store, source, layer, progress, resumed);
  } catch (const base::Error& error) {
    // Bad bytes were dropped. Where they were an earlier try's the registry is not to blame: once more, from nothing.
    if (!resumed || error.code() != base::Code::kCorrupt || store.blobs().size(layer.blob.digest)) throw;
    base::log::debug("begun anew: {}", error.message());
    fetched = try_layer(store, source, layer, progress, resumed);
  }
  content.add(std::move(fetched.blob));
  content.add(std::move(fetched.layer));
  progress.layer(layer.blob.digest, LayerStatus::kPullComplete);
} catch (base::Error& e) {
  e.add_frame("while fetching layer {}", layer.blob.digest.text());
  throw;
}

namespace {

// A blob's content; whether it is what it is taken for, its reader finds out by the digest.
class LayerTar final : public base::Source {
 public:
  explicit LayerTar(std::unique_ptr<base::Source> blob)
      : blob_(std::move(blob)), tar_(codec::decompress_detected(*blob_)) {}
  std::size_t read(base::ByteSpan buffer) override { return tar_->read(buffer); }

 private:
  std::unique_ptr<base::Source> blob_;
  std::unique_ptr<base::Source> tar_;
};

}  // namespace

std::unique_ptr<base::Source> open_layer_tar(store::Store& store, const oci::Digest& diff_id) {
  for (const store::ImageRecord& record : store.images().list_images()) {
    for (const store::ImageLayer& layer : record.layers) {
      if (layer.diff_id == diff_id && is_unpackable(layer) && store.blobs().size(layer.blob.digest)) {
        return std::make_unique<LayerTar>(store.blobs().open(layer.blob.digest));
      }
    }
  }
  return nullptr;
}

void commit_layers(store::Store& store, std::vector<std::unique_ptr<layer::StagedLayer>> staged) {
  StagedContent content(store);
  for (auto& layer : staged) content.add(std::move(layer));
  content.commit();
}

}  // namespace davit::transfer
