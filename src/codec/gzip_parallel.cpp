#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "codec/gzip.h"
#include "codec/gzip_member.h"

namespace davit::codec {

namespace {

// A member on its way: filled by the caller, compressed by a worker, written by the caller.
struct Job {
  std::unique_ptr<std::byte[]> data = std::make_unique_for_overwrite<std::byte[]>(kGzipMemberBytes);
  std::size_t filled = 0;
  std::vector<std::byte> member;
  std::exception_ptr failure;
  bool done = false;
};

class ParallelGzipSink final : public base::Sink {
 public:
  ParallelGzipSink(base::Sink& sink, int level, unsigned threads) : sink_(sink), most_(2 * std::size_t{threads}) {
    while (workers_.size() < threads && start_worker(level)) {
    }
  }

  ~ParallelGzipSink() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_workers_.notify_all();
    workers_.clear();  // joins
  }

  void write(base::ByteView bytes) override {
    while (!bytes.empty()) {
      if (!current_) current_ = std::make_unique<Job>();
      const std::size_t count = std::min(bytes.size(), kGzipMemberBytes - current_->filled);
      std::memcpy(current_->data.get() + current_->filled, bytes.data(), count);
      current_->filled += count;
      bytes = bytes.subspan(count);
      if (current_->filled == kGzipMemberBytes) submit();
    }
  }

  // An empty stream is one empty member.
  void finish() override {
    if (!any_ && !current_) current_ = std::make_unique<Job>();
    if (current_) submit();
    while (!in_order_.empty()) write_oldest();
  }

 private:
  void submit() {
    if (in_order_.size() >= most_) write_oldest();
    any_ = true;
    in_order_.push_back(std::move(current_));
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(in_order_.back().get());
    }
    wake_workers_.notify_one();
  }

  void write_oldest() {
    Job& oldest = *in_order_.front();
    {
      std::unique_lock lock(mutex_);
      made_.wait(lock, [&] { return oldest.done; });
    }
    if (oldest.failure) std::rethrow_exception(oldest.failure);
    sink_.write(oldest.member);
    in_order_.pop_front();
  }

  // False where the system gives no further thread: the ones that there are do the work.
  bool start_worker(int level) {
    try {
      workers_.emplace_back([this, level] { work(level); });
      return true;
    } catch (const std::system_error&) {
      if (workers_.empty()) throw;
      return false;
    }
  }

  void work(int level) {
    std::unique_ptr<GzipMemberMaker> maker;  // made here: where there is no memory for it, the job tells
    while (true) {
      Job* job = nullptr;
      {
        std::unique_lock lock(mutex_);
        wake_workers_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        job = waiting_.front();
        waiting_.pop_front();
      }
      try {
        if (!maker) maker = std::make_unique<GzipMemberMaker>(level);
        const base::ByteView member = maker->make({job->data.get(), job->filled});
        job->member.assign(member.begin(), member.end());
      } catch (...) {
        job->failure = std::current_exception();
      }
      {
        const std::lock_guard lock(mutex_);
        job->done = true;
      }
      made_.notify_one();
    }
  }

  base::Sink& sink_;
  const std::size_t most_;  // members on their way at once
  std::unique_ptr<Job> current_;
  std::deque<std::unique_ptr<Job>> in_order_;  // the caller's alone
  bool any_ = false;                           // a member has been submitted

  std::mutex mutex_;
  std::condition_variable wake_workers_, made_;
  std::deque<Job*> waiting_;
  bool stopping_ = false;
  std::vector<std::jthread> workers_;  // last: they use all of the above
};

}  // namespace

std::unique_ptr<base::Sink> parallel_gzip(base::Sink& sink, int level, unsigned threads) {
  return std::make_unique<ParallelGzipSink>(sink, level, threads);
}

}  // namespace davit::codec
