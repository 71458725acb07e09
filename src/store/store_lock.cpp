#include "store/store_lock.h"

#include <chrono>
#include <thread>

namespace davit::store {

using base::FileLock;

namespace {

std::filesystem::path lock_path(const std::filesystem::path& root) { return root / "locks" / "store"; }
std::filesystem::path gate_path(const std::filesystem::path& root) { return root / "locks" / "gate"; }

}  // namespace

StoreLock StoreLock::acquire(const std::filesystem::path& root) {
  const FileLock waiting = FileLock::acquire(gate_path(root), FileLock::Mode::kShared);
  return StoreLock(FileLock::acquire(lock_path(root)));
}

StoreLock StoreLock::acquire_after_others(const std::filesystem::path& root) {
  for (int tries = 0; tries < 20 && FileLock::is_held(gate_path(root)); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return StoreLock(FileLock::acquire(lock_path(root)));
}

}  // namespace davit::store
