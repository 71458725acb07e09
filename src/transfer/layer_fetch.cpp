#include "transfer/layer_fetch.h"

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/pipe.h"
#include "codec/compression.h"
#include "codec/gzip_members.h"
#include "codec/hash.h"
#include "transfer/counter.h"
#include "transfer/image_content.h"
#include "transfer/known_layers.h"

namespace davit::transfer {

namespace {

// Counts what is unpacked, in bytes of the blob. It is told once `downloaded`: until then the download is what matters.
class ExtractingSource final : public base::Source {
 public:
  ExtractingSource(base::Source& next, const oci::Descriptor& blob, Progress& progress,
                   const std::atomic<bool>* downloaded = nullptr)
      : next_(next), blob_(blob), progress_(progress), downloaded_(downloaded) {}
  std::size_t read(base::ByteSpan buffer) override {
    base::check_interrupted();
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

// Where the reader may go away while the fetch goes on.
class DetachableSink final : public base::Sink {
 public:
  explicit DetachableSink(base::Pipe& pipe) : pipe_(pipe) {}
  void write(base::ByteView bytes) override {
    if (detached_) return;
    try {
      pipe_.sink().write(bytes);
    } catch (const base::Error&) {
      if (!detached_) throw;
    }
  }
  void detach() {
    detached_ = true;
    pipe_.close();
  }

 private:
  base::Pipe& pipe_;
  std::atomic<bool> detached_{false};
};

// How long more bytes are waited for that can only tell why unpacking failed.
constexpr std::chrono::seconds kPatience(2);

// A fetch in a thread of its own, whose bytes are read in order beside it.
class BackgroundFetch {
 public:
  BackgroundFetch(FetchContext& context, blob::BlobWriter& writer, const oci::Descriptor& blob)
      : fetch_(context, writer, blob),
        cancellation_(base::Cancellation::of_this_thread()),
        thread_([this] { run(); }) {}
  ~BackgroundFetch() { cancel(); }

  base::Source& source() { return pipe_.source(); }
  const std::atomic<bool>& downloaded() const { return downloaded_; }
  bool failed() const { return failed_; }  // by then source() tells why
  const PullSource::Givers& givers() const { return fetch_.givers(); }

  // Waits for its end; it has failed in no way that source() did not tell.
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void cancel() {
    cancellation_.cancel();
    pipe_.close();
    join();
  }
  // For who reads no more: lets the rest come, as long as it does. Whether all came.
  bool finish_without_reader() {
    reader_.detach();
    for (std::uint64_t seen = fetch_.arrived(); ended_.wait_for(kPatience) != std::future_status::ready;) {
      if (const std::uint64_t now = fetch_.arrived(); now != std::exchange(seen, now)) continue;
      base::log::debug("nothing more comes of a blob that cannot be unpacked: it is given up");
      break;
    }
    cancel();
    return downloaded_;
  }

 private:
  void run() {
    const base::Cancellation::Scope scope(cancellation_);
    try {
      fetch_.run(reader_);
      downloaded_ = true;
      pipe_.sink().finish();
    } catch (...) {
      failed_ = true;
      pipe_.fail(std::current_exception());
    }
    end_.set_value();
  }

  BlobFetch fetch_;
  base::Pipe pipe_;
  DetachableSink reader_{pipe_};
  std::atomic<bool> downloaded_{false}, failed_{false};
  base::Cancellation cancellation_;
  std::promise<void> end_;
  std::future<void> ended_ = end_.get_future();
  std::thread thread_;  // last, so that it begins when all else is there
};

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

// A short cut for later, which nobody misses: where another process was faster to commit the layer, it is left out.
void keep_members(const layer::StagedLayer& staged, const oci::Digest& blob, const codec::GzipMembers& members) try {
  if (members.worth_keeping()) codec::write_gzip_members(staged.folder() / layer::kMembersName, blob, members);
} catch (const base::Error& error) {
  if (error.code() != base::Code::kNotFound) throw;
  base::log::debug("the members of blob {} are not kept: {}", blob.text(), error.message());
}

// Unpacks a layer's compressed bytes. Bad content is told with the layer's digest.
std::unique_ptr<layer::StagedLayer> stage(store::Store& store, const store::ImageLayer& layer, base::Source& blob) try {
  codec::GzipMembers members;
  const auto tar = codec::decompress_detected(blob, nullptr, {.members = &members});
  WatchedSource watched(*tar);
  auto staged = store.layers().stage(layer.diff_id, watched);
  if (watched.touched()) {
    base::log::debug("layer {} is unpacked", layer.diff_id.text());
    if (staged) keep_members(*staged, layer.blob.digest, members);
  } else {
    check_diff_id(*tar, layer.diff_id);
  }
  return staged;
} catch (const base::Error& e) {
  if (!is_about_content(e.code())) throw;
  throw base::Error::format(e.code(), "layer {}: {}", layer.blob.digest.text(), e.message());
}

// One layer on its way into the store, tried until it is there or nobody is left to ask.
class LayerFetch {
 public:
  LayerFetch(store::Store& store, FetchContext& context, const store::ImageLayer& layer, StagedContent& content)
      : store_(store), context_(context), layer_(layer), content_(content) {}

  void run() {
    while (true) {
      try {
        return run_once();
      } catch (const base::Error& error) {
        // Bad bytes were dropped: once more, from nothing. Where some were an earlier command's nobody is to blame,
        // else the next place may have the right ones.
        if (error.code() != base::Code::kCorrupt || store_.blobs().size(layer_.blob.digest)) throw;
        if (!wrong_bytes_ || (!resumed_ && !context_.source.distrust(*wrong_bytes_, layer_.blob))) throw;
        base::log::debug("begun anew: {}", error.message());
      }
    }
  }

 private:
  void run_once() {
    wrong_bytes_.reset();
    resumed_ = false;
    const auto writer = store_.blobs().ingest(layer_.blob.digest, layer_.blob.size);
    if (!writer) return content_.add(unpack_layer(store_, layer_, &context_.progress));
    if (writer->is_whole()) return take_whole(*writer);
    if (came_meanwhile()) return writer->discard();
    resumed_ = writer->offset() > 0 || writer->in_pieces();
    fetch_and_unpack(*writer);
  }

  // Whether another pull, for which this one may have waited, has brought the layer and kept no blob of it.
  bool came_meanwhile() {
    if (!does_without_blob(store_, layer_) || !is_complete(store_, layer_)) return false;
    const std::lock_guard lock(context_.images);
    return KnownLayers(store_).contains(layer_);
  }

  void add(std::unique_ptr<blob::SealedBlob> blob) {
    if (does_without_blob(store_, layer_)) {
      content_.add_temporary(std::move(blob));
    } else {
      content_.add(std::move(blob));
    }
  }

  // Another process has sealed it.
  void take_whole(blob::BlobWriter& writer) {
    auto sealed = writer.seal();
    const auto bytes = sealed->open();
    ExtractingSource extracting(*bytes, layer_.blob, context_.progress);
    content_.add(unpack_layer(store_, layer_, extracting));
    add(std::move(sealed));
  }

  void fetch_and_unpack(blob::BlobWriter& writer) {
    BackgroundFetch fetch(context_, writer, layer_.blob);
    std::unique_ptr<layer::StagedLayer> staged;
    try {
      ExtractingSource extracting(fetch.source(), layer_.blob, context_.progress, &fetch.downloaded());
      if (is_unpackable(layer_)) staged = stage(store_, layer_, extracting);
      base::NullSink rest;
      base::copy(fetch.source(), rest);  // all of it, where nothing was to be unpacked
    } catch (const base::Error& e) {
      if (fetch.failed() && e.code() != base::Code::kCorrupt) throw;  // a refusal of the registry's: what came is kept
      const bool unknown = e.code() == base::Code::kNotSupported;
      if (is_about_content(e.code()) || (unknown && fetch.downloaded())) {
        settle_bad_content(writer, fetch);
      } else if (unknown) {
        drop_unknown_content(writer, fetch);
      }
      throw;
    }
    fetch.join();
    context_.progress.layer(layer_.blob.digest, LayerStatus::kVerifyingChecksum);
    add(seal(writer, fetch));
    content_.add(std::move(staged));
    context_.progress.layer(layer_.blob.digest, LayerStatus::kDownloadComplete);
  }

  // Either these are not the bytes that were promised, which sealing tells and drops, so that the next pull does not go
  // on from them; or they are, and hold no good archive: then the blob stays, as it need not be fetched again.
  void settle_bad_content(blob::BlobWriter& writer, BackgroundFetch& fetch) {
    if (!fetch.finish_without_reader()) return writer.discard();
    StagedContent alone(store_);
    alone.add(seal(writer, fetch));
    alone.commit();
  }

  // Of a kind that davit does not read, which is not worth its download; or wrong bytes look like it: not to be gone on
  // from.
  static void drop_unknown_content(blob::BlobWriter& writer, BackgroundFetch& fetch) {
    fetch.cancel();
    writer.discard();
  }

  std::unique_ptr<blob::SealedBlob> seal(blob::BlobWriter& writer, const BackgroundFetch& fetch) {
    wrong_bytes_.emplace(fetch.givers());
    auto sealed = writer.seal();
    wrong_bytes_.reset();
    return sealed;
  }

  store::Store& store_;
  FetchContext& context_;
  const store::ImageLayer& layer_;
  StagedContent& content_;
  bool resumed_ = false;
  std::optional<PullSource::Givers> wrong_bytes_;
};

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

void fetch_layer(store::Store& store, FetchContext& context, const store::ImageLayer& layer,
                 StagedContent& content) try {
  LayerFetch(store, context, layer, content).run();
  context.progress.layer(layer.blob.digest, LayerStatus::kPullComplete);
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
