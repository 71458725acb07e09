#include "base/pipe.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/interrupt.h"

namespace davit::base {

namespace {

// Who waits is woken for this much, not for every small piece of the other side: a wake-up costs more than a copy.
constexpr std::size_t kWorthWaking = 64 * 1024;

constexpr std::chrono::milliseconds kCancellationLook(20);

}  // namespace

// A ring buffer. The `used` bytes from `begin` are the reader's, the others the writer's: bytes are copied without the
// lock, which is held only to move the border.
struct Pipe::State {
  explicit State(std::size_t the_capacity)
      : capacity(the_capacity),
        worth_waking(std::max<std::size_t>(std::min(kWorthWaking, capacity / 4), 1)),
        ring(std::make_unique_for_overwrite<std::byte[]>(capacity)),
        sink(*this),
        source(*this) {}

  class RingSink final : public Sink {
   public:
    explicit RingSink(State& state) : state_(state) {}
    void write(ByteView bytes) override { state_.write(bytes); }
    void finish() override {
      const std::lock_guard lock(state_.mutex);
      state_.finished = true;
      state_.wake_all();
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

  void wake_all() {
    filled.notify_all();
    emptied.notify_all();
  }

  // The writer begins to wait when nothing is free and is woken when a quarter is; the reader begins to wait when
  // nothing is used. So the two never wait for each other.
  void write(ByteView bytes) {
    std::unique_lock lock(mutex);
    while (true) {
      if (closed) throw Error(Code::kCancelled, "the reading side ended early");
      if (bytes.empty()) return;
      if (used == capacity) wait_for_room(lock, std::max<std::size_t>(capacity / 4, 1));
      if (closed) continue;
      const std::size_t end = (begin + used) % capacity;
      const std::size_t run = std::min({bytes.size(), capacity - used, capacity - end});
      lock.unlock();
      std::memcpy(ring.get() + end, bytes.data(), run);
      bytes = bytes.subspan(run);
      lock.lock();
      used += run;
      if (reader_wants > 0 && used >= reader_wants) filled.notify_one();
    }
  }

  void wait_for_room(std::unique_lock<std::mutex>& lock, std::size_t wanted) {
    writer_wants = wanted;
    wait(emptied, lock, [&] { return closed || capacity - used >= wanted; });
    writer_wants = 0;
  }

  std::size_t read(ByteSpan buffer) {
    if (buffer.empty()) return 0;
    std::unique_lock lock(mutex);
    if (used == 0) wait_for_bytes(lock, std::min(buffer.size(), worth_waking));
    if (closed) throw Error(Code::kCancelled, "the pipe was closed");
    if (failure) std::rethrow_exception(failure);
    std::size_t count = 0;
    while (used > 0 && count < buffer.size()) {  // twice where the ring begins anew
      const std::size_t run = std::min({buffer.size() - count, used, capacity - begin});
      lock.unlock();
      std::memcpy(buffer.data() + count, ring.get() + begin, run);
      count += run;
      lock.lock();
      begin = (begin + run) % capacity;
      used -= run;
      if (writer_wants > 0 && capacity - used >= writer_wants) emptied.notify_one();
    }
    return count;
  }

  void wait_for_bytes(std::unique_lock<std::mutex>& lock, std::size_t wanted) {
    reader_wants = wanted;
    wait(filled, lock, [&] { return closed || finished || failure || used >= wanted; });
    reader_wants = 0;
  }

  // A thread whose work can be cancelled looks at that, too.
  template <typename Ready>
  static void wait(std::condition_variable& event, std::unique_lock<std::mutex>& lock, const Ready& ready) {
    if (Cancellation::of_this_thread() == nullptr) return event.wait(lock, ready);
    while (!event.wait_for(lock, kCancellationLook, ready)) check_interrupted();
  }

  const std::size_t capacity;
  const std::size_t worth_waking;
  const std::unique_ptr<std::byte[]> ring;
  std::mutex mutex;
  std::condition_variable filled, emptied;
  std::size_t begin = 0;
  std::size_t used = 0;
  std::size_t reader_wants = 0, writer_wants = 0;  // 0: does not wait
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
  state_->wake_all();
}

void Pipe::close() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->wake_all();
}

}  // namespace davit::base
