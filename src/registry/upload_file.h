#pragma once
// An upload in a file, with the state of its hash beside it. Private to src/registry; docs/formats/registry.md.

#include <functional>

#include "base/file_lock.h"
#include "codec/resumable_hash.h"
#include "registry/bytes.h"

namespace davit::registry {

class UploadFile final : public Upload {
 public:
  // Gives the synced file its name as a blob.
  using Name = std::function<void(const std::filesystem::path& from, const oci::Digest& digest, base::fs::File& file)>;

  // Throws Error(kNotFound) where the folder is missing.
  static void create(const std::filesystem::path& path, oci::Algorithm algorithm);
  static std::unique_ptr<UploadFile> open(const std::filesystem::path& path, Name name);
  static std::optional<std::uint64_t> size(const std::filesystem::path& path);
  static bool expire(const std::filesystem::path& path, std::uint64_t seconds);

  ~UploadFile() override;
  std::uint64_t offset() const override { return hash_.size(); }
  void write(base::ByteView bytes) override;
  void suspend() noexcept override;
  void rewind() override;
  bool commit(const oci::Digest& digest) override;
  void cancel() override;

 private:
  UploadFile(std::filesystem::path path, base::FileLock lock, codec::ResumableHash hash, Name name);
  void forget();

  std::filesystem::path path_;
  base::FileLock lock_;
  codec::ResumableHash hash_, opened_;  // now, and when it was opened
  Name name_;
  std::uint64_t flushed_ = 0;  // bytes of which the kernel has begun to write to the disk
  bool failed_ = false;        // a write did not get through: what the file holds past the saved state is void
  bool done_ = false;
};

}  // namespace davit::registry
