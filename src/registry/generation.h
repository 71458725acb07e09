#pragma once
// A number in memory that all processes on a store share: it moves with every change of the metadata. Private to
// src/registry.

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace davit::registry {

// A mapped file of eight bytes. Safe for use by several threads and processes.
class Generation {
 public:
  explicit Generation(const std::filesystem::path& file);
  ~Generation();
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  std::uint64_t value() const { return counter_->load(std::memory_order_acquire); }
  void move() { counter_->fetch_add(1, std::memory_order_acq_rel); }

 private:
  std::atomic<std::uint64_t>* counter_;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace davit::registry
