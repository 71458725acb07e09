#pragma once
// Advisory locks on files by open file description (fcntl(2), F_OFD_SETLK): held until released or until the process
// dies, by thread-safe objects rather than by process. A child that inherits the descriptor would share it; all are
// O_CLOEXEC.

#include <filesystem>
#include <optional>

#include "base/fs/file.h"

namespace davit::base {

class FileLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Opens (creating it, 0600) and locks the file; waits while another holds it, and throws Error(kCancelled) when the
  // user interrupts the wait.
  static FileLock acquire(const std::filesystem::path& path, Mode mode = Mode::kExclusive);
  // Nothing when another holds it.
  static std::optional<FileLock> try_acquire(const std::filesystem::path& path, Mode mode = Mode::kExclusive);
  // Exclusive where nobody holds the file, else shared; nothing where another has it exclusively.
  struct Either;
  static std::optional<Either> try_acquire_either(const std::filesystem::path& path);
  // Whether somebody else holds a lock on the file that conflicts with an exclusive one. False when it does not exist.
  static bool is_held(const std::filesystem::path& path);

  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) noexcept = default;

  // Turns an exclusive lock into a shared one, with no moment between in which another could have it alone.
  void share();

  // A mark beside the lock, for its holders to tell each other something: any number may set it, and it is gone with
  // the last of them. `is_marked` tells whether another than this one has set it.
  void mark();
  bool is_marked() const;

  // The locked file, for those who keep data in it.
  fs::File& file() { return file_; }
  // Whether the locked file is still the one at its path (a holder may have renamed or removed it before letting go).
  bool still_named(const std::filesystem::path& path) const;

 private:
  explicit FileLock(fs::File file) : file_(std::move(file)) {}
  fs::File file_;
};

struct FileLock::Either {
  FileLock lock;
  bool exclusive;
};

}  // namespace davit::base
