#pragma once
// What a BlobWriter holds. Private to src/blob.

#include <filesystem>
#include <optional>

#include "base/file_lock.h"
#include "blob/blob_store.h"
#include "codec/hash.h"

namespace davit::blob {

struct BlobWriter::State {
  struct Expected {
    oci::Digest digest;
    std::uint64_t size;
  };

  // `folder`: where the finished blob goes. `expected`: what commit() demands, when it is known.
  State(base::FileLock held, std::filesystem::path folder, oci::Algorithm algorithm, std::optional<Expected> expected);

  // The bytes from earlier attempts; each read hashes what it gives.
  class Existing final : public base::Source {
   public:
    explicit Existing(State& state) : state_(state) {}
    std::size_t read(base::ByteSpan buffer) override;

   private:
    State& state_;
  };

  void hash_existing();  // what existing() was not read for
  void drop() noexcept;  // removes the partial file and lets the lock go
  const std::filesystem::path& partial() { return lock->file().path(); }

  std::optional<base::FileLock> lock;  // on the partial file, which it keeps open; none once the writer is done
  std::filesystem::path folder;
  oci::Algorithm algorithm;
  std::optional<Expected> expected;
  std::optional<codec::HashSink> hash;
  std::uint64_t earlier = 0;  // bytes from earlier attempts
  std::uint64_t hashed = 0;   // bytes that went through `hash`; past `earlier`, also the place of the next write
  bool write_failed = false;
  Existing source{*this};
};

}  // namespace davit::blob
