#pragma once
// Which bytes of a partial blob are there. Private to src/blob; docs/formats/blobs.md, "Pieces".

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fs/file.h"
#include "blob/blob_store.h"

namespace davit::blob {

// Kept in memory by the byte, and behind the blob's bytes in its file by the block. Not thread-safe.
class Pieces {
 public:
  static constexpr std::uint64_t kBlockBytes = 64 * 1024;

  // What the file tells of a blob of that size; nothing where it does not tell (then it holds the blob's first bytes).
  static std::optional<Pieces> read(const base::fs::File& file, std::uint64_t blob_size);
  // Of a file that holds the first bytes of the blob; makes it tell so.
  static Pieces begin(base::fs::File& file, std::uint64_t blob_size);

  // The bytes are there from now on. Blocks that became whole are told in the file.
  void add(base::fs::File& file, std::uint64_t begin, std::uint64_t end);
  std::uint64_t prefix() const;  // bytes there from the first on
  std::vector<BlobWriter::Range> missing() const;

 private:
  explicit Pieces(std::uint64_t blob_size) : blob_size_(blob_size) {}
  BlobWriter::Range merge(std::uint64_t begin, std::uint64_t end);
  std::string marks() const;
  std::uint64_t blocks() const { return (blob_size_ + kBlockBytes - 1) / kBlockBytes; }
  bool has(const BlobWriter::Range& range, std::uint64_t block) const;

  std::uint64_t blob_size_;
  std::map<std::uint64_t, std::uint64_t> there_;  // begin -> end, disjoint, never touching
};

}  // namespace davit::blob
