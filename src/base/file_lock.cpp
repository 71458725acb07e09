#include "base/file_lock.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace davit::base {

namespace {

fs::File open_lock_file(const std::filesystem::path& path) {
  return fs::File::open(path, {.access = fs::Access::kReadWrite, .create = fs::Create::kIfMissing, .mode = 0600});
}

constexpr off_t kMarkByte = std::numeric_limits<off_t>::max() - 1;

// The bytes before the mark's are the lock's.
struct flock lock_of(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_len = kMarkByte;
  return lock;
}

struct flock mark_of(short type) {
  struct flock lock = lock_of(type);
  lock.l_start = kMarkByte;
  lock.l_len = 1;
  return lock;
}

bool try_lock(const fs::File& file, FileLock::Mode mode) {
  struct flock lock = lock_of(mode == FileLock::Mode::kExclusive ? F_WRLCK : F_RDLCK);
  while (fcntl(file.fd(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throw_errno(errno, "lock " + file.path().string());
  }
  return true;
}

}  // namespace

FileLock FileLock::acquire(const std::filesystem::path& path, Mode mode) {
  fs::File file = open_lock_file(path);
  // A wait inside the kernel (F_OFD_SETLKW) cannot be ended by a flag, and threads share signals: so ask again, after
  // an eighth of what was waited for so far, that a short wait does not end much later than the lock was free.
  constexpr std::chrono::microseconds kLeast(200), kMost(20'000);
  const auto begin = std::chrono::steady_clock::now();
  while (!try_lock(file, mode)) {
    check_interrupted();
    const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    std::this_thread::sleep_for(std::clamp(waited / 8, kLeast, kMost));
  }
  return FileLock(std::move(file));
}

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path, Mode mode) {
  fs::File file = open_lock_file(path);
  if (!try_lock(file, mode)) return std::nullopt;
  return FileLock(std::move(file));
}

std::optional<FileLock::Either> FileLock::try_acquire_either(const std::filesystem::path& path) {
  fs::File file = open_lock_file(path);
  if (try_lock(file, Mode::kExclusive)) return Either{FileLock(std::move(file)), true};
  if (try_lock(file, Mode::kShared)) return Either{FileLock(std::move(file)), false};
  return std::nullopt;
}

void FileLock::mark() {
  struct flock lock = mark_of(F_RDLCK);
  while (fcntl(file_.fd(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EINTR) throw_errno(errno, "mark " + file_.path().string());
  }
}

bool FileLock::is_marked() const {
  struct flock lock = mark_of(F_WRLCK);
  if (fcntl(file_.fd(), F_OFD_GETLK, &lock) != 0) throw_errno(errno, "look at the mark of " + file_.path().string());
  return lock.l_type != F_UNLCK;
}

void FileLock::share() {
  if (!try_lock(file_, Mode::kShared))
    throw Error(Code::kInternal, "share a lock that is not held: " + file_.path().string());
}

bool FileLock::is_held(const std::filesystem::path& path) {
  const auto file = fs::File::open_if_exists(path, {.access = fs::Access::kReadWrite});
  if (!file) return false;
  struct flock lock = lock_of(F_WRLCK);
  if (fcntl(file->fd(), F_OFD_GETLK, &lock) != 0) throw_errno(errno, "look at the lock of " + path.string());
  return lock.l_type != F_UNLCK;
}

bool FileLock::still_named(const std::filesystem::path& path) const {
  struct stat named = {};
  if (stat(path.c_str(), &named) != 0) return false;
  const struct stat held = file_.status();
  return named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

}  // namespace davit::base
