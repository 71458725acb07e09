#pragma once
// The bytes of blobs and of uploads on their way. An interface, so that something else than files may stand behind it
// (tests/contract/bytes_test.cpp is what it must do). Safe for use by several threads and, as a store, by several
// processes.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs/file.h"
#include "base/io.h"
#include "oci/digest.h"

namespace davit::registry {

// An upload that this holds alone until it is destroyed. Not for two threads at once.
class Upload : public base::Sink {
 public:
  virtual std::uint64_t offset() const = 0;  // bytes that are here
  void write(base::ByteView bytes) override = 0;
  // Lets another request go on from here, also after the process ended. Called at the end of a request that leaves the
  // upload open, however that ends; never throws.
  virtual void suspend() noexcept = 0;
  // Drops what was written since it was opened.
  virtual void rewind() = 0;
  // Makes the bytes the blob of that digest, durably, and ends the upload; false, with nothing changed, where they
  // have another.
  virtual bool commit(const oci::Digest& digest) = 0;
  virtual void cancel() = 0;
};

// A blob's bytes as something to send.
struct BlobContent {
  std::shared_ptr<const base::fs::File> file;
  std::uint64_t size;
};

class BlobBytes {
 public:
  virtual ~BlobBytes() = default;
  // A new upload's ID: [0-9a-f]+. `algorithm`: of the digest that commit() is expected to have.
  virtual std::string begin_upload(const std::string& repository, oci::Algorithm algorithm) = 0;
  // Nothing when this repository has none of that ID; throws Error(kConflict) while another request has it.
  virtual std::unique_ptr<Upload> open_upload(const std::string& repository, const std::string& id) = 0;
  // How many bytes are here; nothing as above. Does not mind that another has it.
  virtual std::optional<std::uint64_t> upload_offset(const std::string& repository, const std::string& id) = 0;
  virtual bool cancel_upload(const std::string& repository, const std::string& id) = 0;
  // Removes those that nobody wrote to for so long; returns their number.
  virtual std::size_t expire_uploads(std::uint64_t seconds) = 0;

  // Whether a blob of that size is here, not known to be damaged. Cheap.
  virtual bool holds(const oci::Digest& digest, std::uint64_t size) = 0;
  // The bytes, verified: they were hashed since they last changed. Nothing when they are not here. Throws
  // Error(kCorrupt) when they are damaged; they are then put aside, so that the next push brings good ones.
  virtual std::optional<BlobContent> open(const oci::Digest& digest) = 0;
  virtual void remove(const oci::Digest& digest) = 0;
  virtual std::vector<oci::Digest> list() = 0;
};

// In a folder (docs/formats/registry.md), which is made.
std::unique_ptr<BlobBytes> open_blob_files(const std::filesystem::path& root);

}  // namespace davit::registry
