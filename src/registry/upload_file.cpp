#include "registry/upload_file.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/process.h"
#include "codec/hash.h"

namespace davit::registry {

namespace fs = base::fs;
using base::Code;
using base::Error;
using base::FileLock;
using codec::ResumableHash;
using std::filesystem::path;

namespace {

constexpr std::uint64_t kFlushBytes = 8 * 1024 * 1024;

path state_of(const path& upload) { return upload.string() + ".state"; }

// A state holds for this boot alone: what a power cut left of the file's bytes nobody knows.
std::string state_text(const ResumableHash& hash) { return base::boot_id() + "\n" + hash.save(); }

// The bytes of the file hashed anew, from the first to the last.
ResumableHash hash_of(const fs::File& file, oci::Algorithm algorithm, std::uint64_t most) {
  ResumableHash hash(algorithm);
  std::string buffer(base::kCopyBufferBytes, '\0');
  while (hash.size() < most) {
    const std::size_t want = std::min<std::uint64_t>(buffer.size(), most - hash.size());
    const std::size_t got = file.read_at(std::as_writable_bytes(std::span(buffer.data(), want)), hash.size());
    if (got == 0) break;
    hash.write(std::as_bytes(std::span(buffer.data(), got)));
  }
  return hash;
}

ResumableHash restored(const path& upload, fs::File& file) {
  const auto text = fs::read_file_if_exists(state_of(upload));
  const std::size_t end = text ? text->find('\n') : std::string::npos;
  if (end == std::string::npos) return ResumableHash();
  auto hash = ResumableHash::restore(std::string_view(*text).substr(end + 1));
  if (file.size() < hash.size() || text->substr(0, end) != base::boot_id())
    return hash_of(file, hash.algorithm(), hash.size());
  return hash;
}

bool was_left(const path& upload, std::uint64_t seconds) {
  const auto file = fs::File::open_if_exists(upload);
  if (!file) return false;
  const auto status = file->status();
  const base::Time written(std::chrono::seconds(status.st_mtim.tv_sec) +
                           std::chrono::nanoseconds(status.st_mtim.tv_nsec));
  return base::now() - written >= std::chrono::seconds(seconds);
}

}  // namespace

void UploadFile::create(const path& path, oci::Algorithm algorithm) {
  fs::File::open(path, {.access = fs::Access::kWrite, .create = fs::Create::kExclusive});
  // Without a state it is the beginning of a SHA-256.
  if (algorithm != oci::Algorithm::kSha256) fs::write_file(state_of(path), state_text(ResumableHash(algorithm)));
}

std::optional<std::uint64_t> UploadFile::size(const path& path) {
  auto file = fs::File::open_if_exists(path);
  if (!file) return std::nullopt;
  const auto text = fs::read_file_if_exists(state_of(path));
  const std::size_t end = text ? text->find('\n') : std::string::npos;
  if (end == std::string::npos) return 0;
  return std::min(file->size(), ResumableHash::restore(std::string_view(*text).substr(end + 1)).size());
}

std::unique_ptr<UploadFile> UploadFile::open(const path& path, Name name) {
  if (!fs::exists(path)) return nullptr;
  auto lock = FileLock::try_acquire(path);
  if (!lock) throw Error(Code::kConflict, "another request writes to this upload");
  if (!lock->still_named(path)) return nullptr;
  // The lock may have made the file anew, where it was just ended.
  auto hash = restored(path, lock->file());
  return std::unique_ptr<UploadFile>(new UploadFile(path, std::move(*lock), std::move(hash), std::move(name)));
}

bool UploadFile::expire(const path& path, std::uint64_t seconds) {
  // Before it is locked: whoever writes to it at this moment would be told of another writer.
  if (!was_left(path, seconds)) return false;
  const auto lock = FileLock::try_acquire(path);
  if (!lock || !lock->still_named(path) || !was_left(path, seconds)) return false;
  fs::remove(state_of(path));
  return fs::remove(path);
}

UploadFile::UploadFile(path path, FileLock lock, ResumableHash hash, Name name)
    : path_(std::move(path)), lock_(std::move(lock)), hash_(std::move(hash)), opened_(hash_), name_(std::move(name)) {
  if (lock_.file().size() > hash_.size()) lock_.file().truncate(hash_.size());
}

UploadFile::~UploadFile() {
  if (!done_) suspend();
}

void UploadFile::write(base::ByteView bytes) {
  if (failed_) throw Error(Code::kIo, "the upload failed before");
  try {
    lock_.file().write_at(bytes, hash_.size());
  } catch (...) {
    failed_ = true;
    throw;
  }
  hash_.write(bytes);
  if (hash_.size() - flushed_ >= kFlushBytes) {
    lock_.file().start_writeback(flushed_, hash_.size() - flushed_);
    flushed_ = hash_.size();
  }
}

void UploadFile::rewind() {
  lock_.file().truncate(opened_.size());
  hash_ = opened_;
  flushed_ = std::min(flushed_, hash_.size());
  failed_ = false;
}

void UploadFile::suspend() noexcept {
  if (done_) return;
  try {
    if (hash_.size() > 0) fs::write_file(state_of(path_), state_text(hash_));
  } catch (const Error& error) {
    base::log::warn("an upload cannot be resumed: {}", error.message());
  }
}

bool UploadFile::commit(const oci::Digest& digest) {
  if (failed_) throw Error(Code::kIo, "the upload failed before");
  const auto actual = digest.algorithm() == hash_.algorithm()
                          ? hash_.digest()
                          : hash_of(lock_.file(), digest.algorithm(), hash_.size()).digest();
  if (actual != digest) return false;
  lock_.file().sync();
  name_(path_, digest, lock_.file());
  done_ = true;
  forget();
  return true;
}

void UploadFile::cancel() {
  done_ = true;
  fs::remove(path_);
  forget();
}

void UploadFile::forget() {
  try {
    fs::remove(state_of(path_));
  } catch (const Error& error) {
    base::log::warn("{}", error.message());
  }
}

}  // namespace davit::registry
