#include "base/read_ahead.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/cancellation.h"

namespace davit::base {

namespace {

struct Buffer {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};

}  // namespace

// The buffers at begin … begin + filled - 1 are the consumer's, the first of them given out if `given`; the others are
// the thread's. So bytes are touched without the lock.
struct ReadAhead::State {
  State(Source& a_source, const ReadAheadOptions& options)
      : source(a_source),
        piece_bytes(std::max<std::size_t>(options.piece_bytes, 1)),
        ring(std::max<std::size_t>(options.pieces, 2)) {
    try {
      thread = std::jthread([this] { run(); });
    } catch (const std::system_error&) {  // no further thread: next() reads
    }
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    cancellation.cancel();
    free_again.notify_one();
    if (thread.joinable()) thread.join();
  }

  void run() {
    const Cancellation::Scope scope(cancellation);
    std::unique_lock lock(mutex);
    while (!ended) {
      thread_waits = true;
      free_again.wait(lock, [this] { return stopping || filled < ring.size(); });
      thread_waits = false;
      if (stopping) return;
      Buffer& buffer = ring[(begin + filled) % ring.size()];
      lock.unlock();
      const bool more = fill(buffer);
      lock.lock();
      if (buffer.size > 0) ++filled;
      if (!more) ended = true;
      if (consumer_waits) filled_again.notify_one();
    }
  }

  // False at the end of the source, or when it failed.
  bool fill(Buffer& buffer) {
    buffer.size = 0;
    try {
      if (!buffer.bytes) buffer.bytes = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
      while (buffer.size < piece_bytes && !stopping) {
        const std::size_t count = source.read({buffer.bytes.get() + buffer.size, piece_bytes - buffer.size});
        if (count == 0) return false;
        buffer.size += count;
      }
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }

  ByteView next() {
    std::unique_lock lock(mutex);
    if (given) {
      given = false;
      begin = (begin + 1) % ring.size();
      --filled;
      if (thread_waits) free_again.notify_one();
    }
    if (!thread.joinable() && !ended) {
      Buffer& buffer = ring[begin];
      ended = !fill(buffer);
      filled = buffer.size > 0 ? 1 : 0;
    }
    consumer_waits = true;
    filled_again.wait(lock, [this] { return ended || filled > 0; });
    consumer_waits = false;
    if (filled > 0) {
      given = true;
      return {ring[begin].bytes.get(), ring[begin].size};
    }
    if (failure) std::rethrow_exception(failure);
    return {};
  }

  Source& source;
  const std::size_t piece_bytes;
  std::vector<Buffer> ring;
  std::mutex mutex;
  std::condition_variable free_again, filled_again;
  std::size_t begin = 0, filled = 0;
  bool given = false;
  bool thread_waits = false, consumer_waits = false;
  std::atomic<bool> stopping = false;  // also looked at between two reads
  bool ended = false;
  std::exception_ptr failure;  // set before `ended`
  Cancellation cancellation{Cancellation::of_this_thread()};
  std::jthread thread;  // last: it uses all of the above
};

ReadAhead::ReadAhead(Source& source, const ReadAheadOptions& options)
    : state_(std::make_unique<State>(source, options)) {}

ReadAhead::~ReadAhead() = default;

ByteView ReadAhead::next() { return state_->next(); }

}  // namespace davit::base
