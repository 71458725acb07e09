#pragma once
// What a BlobWriter holds. Private to src/blob.

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>

#include "base/file_lock.h"
#include "blob/blob_store.h"
#include "blob/pieces.h"
#include "codec/hash.h"

namespace davit::blob {

struct BlobWriter::State {
  struct Expected {
    oci::Digest digest;
    std::uint64_t size;
  };

  // `folder`: where the finished blob goes. `expected`: what seal() demands, when it is known. `whole`: sealed by
  // another; the lock is a shared one.
  State(base::FileLock held, std::filesystem::path folder, oci::Algorithm algorithm, std::optional<Expected> expected,
        bool whole);

  // The bytes from earlier attempts; each read hashes what it gives.
  class Existing final : public base::Source {
   public:
    explicit Existing(State& state) : state_(state) {}
    std::size_t read(base::ByteSpan buffer) override;

   private:
    State& state_;
  };

  void hash_existing();  // what existing() was not read for
  void start_writeback();
  void verify();         // throws and drops where the bytes are not what was told
  void drop() noexcept;  // removes the partial file and lets the lock go
  // What of it is there from the beginning on.
  std::uint64_t arrived() const;
  const std::filesystem::path& partial() { return lock->file().path(); }

  std::optional<base::FileLock> lock;  // on the partial file, which it keeps open; none once the writer is done
  std::filesystem::path folder;
  oci::Algorithm algorithm;
  std::optional<Expected> expected;
  std::optional<codec::HashSink> hash;
  std::uint64_t earlier = 0;  // bytes from earlier attempts, from the first on without a gap
  std::uint64_t hashed = 0;   // bytes that went through `hash`; past `earlier`, also the place of the next write
  std::uint64_t begun = 0;    // bytes of which the kernel has begun to write to the disk
  std::atomic<bool> write_failed{false};
  mutable std::mutex mutex;      // of the pieces
  std::optional<Pieces> pieces;  // where it is written in pieces
  std::uint64_t unwritten = 0;   // of what came in pieces: bytes of which the kernel has not begun to write to the disk
  const bool whole;
  Existing source{*this};
};

struct SealedBlob::State {
  base::FileLock lock;  // shared and marked; on the partial file
  std::filesystem::path folder;
  oci::Digest digest;
  std::uint64_t size;
  bool unknown;  // of a name that no next attempt looks for
  bool committed = false;

  const std::filesystem::path& partial() { return lock.file().path(); }
  std::filesystem::path named() const { return folder / digest.hex(); }
  // Whether it was this one that gave the name.
  bool give_name();
  void drop() noexcept;
};

}  // namespace davit::blob
