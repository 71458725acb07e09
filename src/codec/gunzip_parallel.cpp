#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/error.h"
#include "codec/gunzip.h"
#include "codec/gzip.h"

namespace davit::codec {

namespace {

using namespace gzip_format;

// What deflate adds to data that it cannot compress is far less. A member that says it is longer is not davit's.
constexpr std::size_t kMostMemberBytes = kGzipMemberBytes + 16 * 1024;
// Room for ISA-L's fast loop beyond the data, and to see data that is longer than it says.
constexpr std::size_t kOutputBytes = kGzipMemberBytes + 4096;

std::uint32_t get32(const std::byte* from) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | std::to_integer<std::uint32_t>(from[i]);
  return value;
}

// The length that a header in davit's form tells (docs/formats/gzip.md); nothing for any other.
std::optional<std::size_t> told_length(base::ByteView header) {
  const unsigned char start[4] = {kMagic1, kMagic2, kDeflate, kFlagExtra};
  const unsigned char extra[6] = {8, 0, kSubfield1, kSubfield2, 4, 0};
  if (header.size() < kMemberHeaderBytes || std::memcmp(header.data(), start, sizeof start) != 0 ||
      std::memcmp(header.data() + 10, extra, sizeof extra) != 0)
    return std::nullopt;
  const std::size_t length = get32(header.data() + 16);
  if (length <= kMemberHeaderBytes + kTrailerBytes || length > kMostMemberBytes) return std::nullopt;
  return length;
}

// A member on its way: read by the caller, inflated by whoever is free, given out by the caller.
struct Job {
  std::vector<std::byte> member;
  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;  // of the data, as the trailer has it
  bool done = false;
  bool right = false;  // inflated, with all that the member tells of itself
};

// Whether the member is whole and right; never throws for what it holds.
bool inflate_member(Job& job, inflate_state& state) {
  const std::byte* const trailer = job.member.data() + job.member.size() - kTrailerBytes;
  job.size = get32(trailer + 4);
  if (job.size > kGzipMemberBytes) return false;
  if (!job.data) job.data = std::make_unique_for_overwrite<std::byte[]>(kOutputBytes);
  isal_inflate_init(&state);
  state.next_in = reinterpret_cast<std::uint8_t*>(job.member.data() + kMemberHeaderBytes);
  state.avail_in = static_cast<std::uint32_t>(job.member.size() - kMemberHeaderBytes - kTrailerBytes);
  state.next_out = reinterpret_cast<std::uint8_t*>(job.data.get());
  state.avail_out = kOutputBytes;
  return isal_inflate_stateless(&state) == ISAL_DECOMP_OK && state.avail_in == 0 && state.total_out == job.size &&
         crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(job.data.get()), job.size) == get32(trailer);
}

// Bytes that were read already, then what is left of the source, or its failure.
class RestSource final : public base::Source {
 public:
  RestSource(std::vector<std::byte> first, base::Source& source, std::exception_ptr failure)
      : first_(std::move(first)), source_(source), failure_(std::move(failure)) {}
  std::size_t read(base::ByteSpan buffer) override {
    if (at_ == first_.size() && failure_) std::rethrow_exception(failure_);
    if (at_ == first_.size()) return source_.read(buffer);
    const std::size_t count = std::min(buffer.size(), first_.size() - at_);
    std::copy_n(first_.data() + at_, count, buffer.data());
    at_ += count;
    return count;
  }

 private:
  std::vector<std::byte> first_;
  std::size_t at_ = 0;
  base::Source& source_;
  std::exception_ptr failure_;
};

// Threads that inflate jobs; the caller helps. Threads are started when there is work for them, so that a gzip of one
// member costs none.
class Inflaters {
 public:
  explicit Inflaters(unsigned most) : most_(most) { threads_.reserve(most); }

  ~Inflaters() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    threads_.clear();  // joins
  }

  // The job stays where it is until it is done or this is destroyed. Where this throws, it is not taken.
  void add(Job& job) {
    bool start = false;
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(&job);
      start = waiting_.size() > 1 && idle_ == 0 && threads_.size() < most_;
    }
    if (start) start_thread();
    wake_.notify_one();
  }

  // Works on whatever waits until this job is done.
  void finish(const Job& job) {
    std::unique_lock lock(mutex_);
    while (!job.done) {
      if (waiting_.empty()) {
        done_.wait(lock, [&] { return job.done; });
      } else {
        work_on_next(lock, state_);
      }
    }
  }

  bool is_done(const Job& job) {
    const std::lock_guard lock(mutex_);
    return job.done;
  }

 private:
  void start_thread() {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::exception&) {  // the system gives no further one: those that there are do the work
      most_ = static_cast<unsigned>(threads_.size());
    }
  }

  void run() {
    inflate_state state;
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      --idle_;
      if (stopping_) return;
      work_on_next(lock, state);
    }
  }

  void work_on_next(std::unique_lock<std::mutex>& lock, inflate_state& state) {
    Job& job = *waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    bool right = false;
    try {
      right = inflate_member(job, state);
    } catch (const std::bad_alloc&) {  // the serial way needs no more memory
    }
    lock.lock();
    job.right = right;
    job.done = true;
    done_.notify_one();
  }

  unsigned most_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Job*> waiting_;
  unsigned idle_ = 0;
  bool stopping_ = false;
  inflate_state state_;                // the caller's
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

class ParallelGunzipSource final : public base::Source {
 public:
  ParallelGunzipSource(base::Source& source, unsigned threads, GzipMembers* members)
      : source_(source), most_(threads), members_(members), inflaters_(threads - 1) {}

  std::size_t read(base::ByteSpan buffer) override {
    while (!buffer.empty()) {
      if (serial_) return serial_->read(buffer);
      if (given_ < current_size()) return give(buffer);
      if (failure_ && jobs_.empty()) std::rethrow_exception(failure_);
      next_member();
    }
    return 0;
  }

 private:
  std::size_t current_size() const { return current_ ? current_->size : 0; }

  std::size_t give(base::ByteSpan buffer) {
    const std::size_t count = std::min(buffer.size(), current_->size - given_);
    std::memcpy(buffer.data(), current_->data.get() + given_, count);
    given_ += count;
    return count;
  }

  // Makes the oldest member the current one, or goes over to the serial way.
  void next_member() {
    if (current_) free_.push_back(std::move(current_));
    given_ = 0;
    while (!only_serial_ && !failure_ && jobs_.size() < most_ && !(jobs_.size() > 1 && inflaters_.is_done(*jobs_[0])))
      read_member();
    if (!jobs_.empty()) inflaters_.finish(*jobs_.front());
    if (jobs_.empty() ? only_serial_ : !jobs_.front()->right) return go_serial();
    if (jobs_.empty()) return;  // the source failed
    current_ = std::move(jobs_.front());
    jobs_.pop_front();
    if (members_ != nullptr) members_->add(place_.at);
    place_.first = false;
    place_.at.offset += current_->member.size();
    place_.at.data_offset += current_->size;
    spare_.push_back(std::move(current_->member));  // its data is all that is needed of it now
  }

  // Reads the next member as a job, or finds that what comes is for the serial way. A failure of the source is kept
  // until all before it is given out.
  void read_member() try {
    std::unique_ptr<Job> job = free_job();
    job->member.resize(kMemberHeaderBytes);
    job->member.resize(base::read_full(source_, job->member));
    const auto length = told_length(job->member);
    if (length) {
      job->member.resize(*length);
      const base::ByteSpan rest = base::ByteSpan(job->member).subspan(kMemberHeaderBytes);
      const std::size_t got = base::read_full(source_, rest);
      job->member.resize(kMemberHeaderBytes + got);
    }
    if (!length || job->member.size() < *length) {
      only_serial_ = true;
      unread_ = std::move(job->member);
      return;
    }
    jobs_.push_back(std::move(job));
    try {
      inflaters_.add(*jobs_.back());
    } catch (...) {
      jobs_.pop_back();
      throw;
    }
  } catch (...) {
    failure_ = std::current_exception();
  }

  std::unique_ptr<Job> free_job() {
    auto job = std::make_unique<Job>();
    if (!free_.empty()) {
      job->data = std::move(free_.back()->data);
      free_.pop_back();
    }
    if (!spare_.empty()) {
      job->member = std::move(spare_.back());
      spare_.pop_back();
    }
    return job;
  }

  // With the bytes of all members that were not given out.
  void go_serial() {
    for (const auto& job : jobs_) inflaters_.finish(*job);
    std::vector<std::byte> bytes;
    for (const auto& job : jobs_) bytes.insert(bytes.end(), job->member.begin(), job->member.end());
    bytes.insert(bytes.end(), unread_.begin(), unread_.end());
    jobs_.clear();
    free_.clear();
    spare_.clear();
    rest_.emplace(std::move(bytes), source_, failure_);
    serial_ = serial_gunzip(*rest_, members_, place_);
  }

  base::Source& source_;
  const std::size_t most_;  // members on their way at once, beside the one that is given out
  GzipMembers* const members_;
  GzipPlace place_;               // of the oldest job
  std::unique_ptr<Job> current_;  // whose data is being given out
  std::size_t given_ = 0;
  std::deque<std::unique_ptr<Job>> jobs_;      // in order
  std::vector<std::unique_ptr<Job>> free_;     // for their data's memory
  std::vector<std::vector<std::byte>> spare_;  // for members
  std::vector<std::byte> unread_;              // what follows the jobs, read already
  bool only_serial_ = false;                   // what follows the jobs is for the serial way
  std::exception_ptr failure_;                 // of the source, after the jobs
  std::optional<RestSource> rest_;
  std::unique_ptr<base::Source> serial_;
  Inflaters inflaters_;  // last: its threads use the jobs
};

}  // namespace

std::unique_ptr<base::Source> parallel_gunzip(base::Source& source, unsigned threads, GzipMembers* members) {
  return std::make_unique<ParallelGunzipSource>(source, threads, members);
}

}  // namespace davit::codec
