#include "base/pipe.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <vector>

#include "base/error.h"

namespace davit::base {

// A ring buffer under one mutex. Pieces are large (a network read, a tar block), so the lock is taken rarely.
struct Pipe::State {
  explicit State(std::size_t capacity) : ring(capacity), sink(*this), source(*this) {}

  class RingSink final : public Sink {
   public:
    explicit RingSink(State& state) : state_(state) {}
    void write(ByteView bytes) override { state_.write(bytes); }
    void finish() override {
      const std::lock_guard lock(state_.mutex);
      state_.finished = true;
      state_.changed.notify_all();
    }

   private:
    State& state_;
  };

  class RingSource final : public Source {
   public:
    explicit RingSource(State& state) : state_(state) {}
    std::size_t read(ByteSpan buffer) override { return state_.read(buffer); }

   private:
    State& state_;
  };

  void write(ByteView bytes) {
    while (!bytes.empty()) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return closed || used < ring.size(); });
      if (closed) throw Error(Code::kCancelled, "the reading side ended early");
      const std::size_t end = (begin + used) % ring.size();
      const std::size_t run = std::min({bytes.size(), ring.size() - used, ring.size() - end});
      std::memcpy(ring.data() + end, bytes.data(), run);
      used += run;
      bytes = bytes.subspan(run);
      changed.notify_all();
    }
  }

  std::size_t read(ByteSpan buffer) {
    if (buffer.empty()) return 0;
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return used > 0 || finished || failure; });
    if (failure) std::rethrow_exception(failure);
    if (used == 0) return 0;
    const std::size_t run = std::min({buffer.size(), used, ring.size() - begin});
    std::memcpy(buffer.data(), ring.data() + begin, run);
    begin = (begin + run) % ring.size();
    used -= run;
    changed.notify_all();
    return run;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::byte> ring;
  std::size_t begin = 0;
  std::size_t used = 0;
  bool finished = false;
  bool closed = false;
  std::exception_ptr failure;
  RingSink sink;
  RingSource source;
};

Pipe::Pipe(std::size_t capacity_bytes) : state_(std::make_unique<State>(std::max<std::size_t>(capacity_bytes, 1))) {}
Pipe::~Pipe() = default;

Sink& Pipe::sink() { return state_->sink; }
Source& Pipe::source() { return state_->source; }

void Pipe::fail(std::exception_ptr cause) {
  const std::lock_guard lock(state_->mutex);
  state_->failure = std::move(cause);
  state_->changed.notify_all();
}

void Pipe::close() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->changed.notify_all();
}

}  // namespace davit::base
