#include "transfer/blob_fetch.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "transfer/counter.h"
#include "transfer/feed_sink.h"

namespace davit::transfer {

namespace {

// Pieces take memory by the size that is told, before a byte has come: at most 4 MiB for the table of this one.
constexpr std::uint64_t kMostInPieces = std::uint64_t{256} << 30;

// Counts what passes, for progress; looks at Ctrl-C.
class CountingSink final : public base::Sink {
 public:
  CountingSink(base::Sink& next, std::atomic<std::uint64_t>& arrived, Counter& counter)
      : next_(next), arrived_(arrived), counter_(counter) {}
  void write(base::ByteView bytes) override {
    base::check_interrupted();
    next_.write(bytes);
    arrived_ += bytes.size();
    counter_.add(bytes.size());
  }

 private:
  base::Sink& next_;
  std::atomic<std::uint64_t>& arrived_;
  Counter& counter_;
};

std::uint64_t size_of(const std::vector<blob::BlobWriter::Range>& ranges) {
  std::uint64_t size = 0;
  for (const auto& range : ranges) size += range.end - range.begin;
  return size;
}

}  // namespace

// Several connections, each with a thread that fetches one range after the other into the file, the first ones first.
// The caller's thread reads what has arrived without a gap and gives it on: a reader who is slow stops no connection.
class BlobFetch::Pieces {
 public:
  Pieces(BlobFetch& fetch, base::Sink& reader)
      : fetch_(fetch),
        reader_(reader),
        share_(fetch.context_.connections),
        counter_(fetch.context_.progress, fetch.blob_.digest, LayerStatus::kDownloading, fetch.blob_.size,
                 fetch.blob_.size - size_of(fetch.writer_.missing())) {
    const std::uint64_t most = std::max<std::uint64_t>(fetch.context_.options.range_size, 1);
    for (const Range& gap : fetch.writer_.missing()) {
      for (std::uint64_t at = gap.begin; at < gap.end; at += most) todo_.push_back({at, std::min(at + most, gap.end)});
    }
  }

  // False: nobody gives ranges; what came of them stays.
  bool run() {
    begin_workers();
    feed();
    stop();
    if (failure_) std::rethrow_exception(failure_);
    return !refused_;
  }

  ~Pieces() { stop(); }

 private:
  using Range = blob::BlobWriter::Range;

  void begin_workers() {
    const bool far = fetch_.is_far();
    const std::lock_guard lock(mutex_);
    // Those that work have theirs; each of the others finds one to do.
    for (std::size_t left = todo_.size(); left > 0 && (working_ == 0 || (far && working_ < most_ && share_.take()));
         --left) {
      ++working_;
      workers_.emplace_back([this] { work(); });
    }
  }

  void work() {
    const base::Cancellation::Scope scope(cancellation_);
    try {
      while (const auto range = next()) {
        if (!fetch_range(*range)) return share_.give_back();
        if (share_.give_back_if_unfair()) return leave(false);
      }
    } catch (...) {
      end_all([this, failure = std::current_exception()] {
        if (!failure_ && !refused_) failure_ = failure;
      });
    }
    leave(true);
  }

  // False where this thread has stepped back.
  bool fetch_range(const Range& range) {
    std::uint64_t at = range.begin;
    base::CallbackSink sink([&](base::ByteView bytes) {
      base::check_interrupted();
      fetch_.writer_.write_at(at, bytes);
      at += bytes.size();
      count(bytes.size());
    });
    try {
      if (!fetch_.context_.source.fetch_range(fetch_.blob_, range.begin, range.end, sink, fetch_.givers_)) {
        end_all([this] { refused_ = true; });
      }
      return true;
    } catch (const base::Error& error) {
      if (error.code() != base::Code::kUnavailable || !step_back({at, range.end})) throw;
      base::log::debug("fewer connections from now on: {}", error.message());
      return false;
    }
  }

  // A registry may not serve as many connections: one less from now on, unless it is the last. The others fetch the
  // rest of the range.
  bool step_back(const Range& rest) {
    const std::lock_guard lock(mutex_);
    if (working_ == 1 || failure_ || refused_) return false;
    most_ = --working_;
    const auto behind =
        std::find_if(todo_.begin(), todo_.end(), [&](const Range& one) { return one.begin > rest.begin; });
    if (rest.begin < rest.end) todo_.insert(behind, rest);
    return true;
  }

  std::optional<Range> next() {
    const std::lock_guard lock(mutex_);
    if (todo_.empty() || failure_ || refused_) return std::nullopt;
    const Range range = todo_.front();
    todo_.pop_front();
    return range;
  }

  void count(std::size_t bytes) {
    fetch_.arrived_ += bytes;
    {
      const std::lock_guard lock(mutex_);
      counter_.add(bytes);
      news_ = true;
    }
    changed_.notify_one();
  }

  template <typename Note>
  void end_all(const Note& note) {
    {
      const std::lock_guard lock(mutex_);
      note();
      news_ = true;
    }
    cancellation_.cancel();
    changed_.notify_one();
  }

  void leave(bool give_back) {
    if (give_back) share_.give_back();
    const std::lock_guard lock(mutex_);
    --working_;
    news_ = true;
    changed_.notify_one();
  }

  // Gives on what arrives until all did or no more will.
  void feed() {
    std::vector<std::byte> buffer(base::kCopyBufferBytes);
    while (true) {
      base::check_interrupted();
      bool over = false;
      {
        const std::lock_guard lock(mutex_);
        over = failure_ || refused_ || (working_ == 0 && todo_.empty());
        news_ = false;
      }
      if (const std::size_t count = fetch_.writer_.existing().read(buffer)) {
        reader_.write(base::ByteView(buffer).first(count));
        continue;
      }
      if (over) return;
      {
        // Now and then without news, for Ctrl-C and for connections that others gave back.
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(50), [this] { return news_; });
      }
      begin_workers();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      todo_.clear();
      if (working_ > 0) cancellation_.cancel();
    }
    workers_.clear();
  }

  BlobFetch& fetch_;
  base::Sink& reader_;
  Connections::Share share_;
  base::Cancellation cancellation_{base::Cancellation::of_this_thread()};
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  Counter counter_;
  std::deque<Range> todo_;
  std::size_t working_ = 0, most_ = SIZE_MAX;
  std::exception_ptr failure_;
  bool refused_ = false;
  bool news_ = false;

  std::vector<std::jthread> workers_;  // of the caller's thread; last
};

bool BlobFetch::is_far() const {
  const auto latency = context_.source.latency();
  return latency && *latency >= context_.options.least_latency;
}

bool BlobFetch::comes_in_pieces() const {
  if (writer_.in_pieces()) return true;
  const std::uint64_t large = 2 * context_.options.range_size;
  return context_.options.connections > 1 && blob_.size <= kMostInPieces && size_of(writer_.missing()) >= large &&
         is_far();
}

void BlobFetch::stream(FeedSink& feed) {
  const Connections::Share share(context_.connections);
  const std::uint64_t offset = writer_.offset();
  if (offset > 0) base::log::debug("{}: going on from byte {} of {}", blob_.digest.text(), offset, blob_.size);
  base::copy(writer_.existing(), feed);
  Counter counter(context_.progress, blob_.digest, LayerStatus::kDownloading, blob_.size, offset);
  if (offset == blob_.size) return;
  base::TeeSink both(writer_, feed);
  CountingSink counted(both, arrived_, counter);
  const auto restart = [&] {
    writer_.restart();
    feed.restart();
    counter.set(0);
  };
  context_.source.fetch_blob(blob_, offset, counted, restart, givers_);
}

void BlobFetch::run(base::Sink& reader) {
  FeedSink feed(reader);
  if (comes_in_pieces()) {
    writer_.begin_pieces();
    if (Pieces(*this, feed).run()) return;
    base::log::debug("{}: ranges are not to be had, so it comes as one stream", blob_.digest.text());
    writer_.end_pieces();
  }
  stream(feed);
}

}  // namespace davit::transfer
