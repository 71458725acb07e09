#pragma once
// A file's content as an archive wants it: of the size that was promised, whatever happens to the file meanwhile.

#include <cstdint>

#include "base/fs/file.h"

namespace davit::layer {

// Reads a file from its beginning, as it was at `status`: what it has beyond that size is not read, what it has lost is
// zeros (as GNU tar does). Holes are not read.
class FileBytes final : public base::Source {
 public:
  // The file outlives it.
  FileBytes(const base::fs::File& file, const struct stat& status);
  std::size_t read(base::ByteSpan buffer) override;

  // Whether the file is another than it was at `status`: to be asked after the last byte.
  bool changed() const;

 private:
  void find_data();

  const base::fs::File& file_;
  const struct stat status_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  base::fs::Range data_;  // the piece of data that `at_` is in or before
};

}  // namespace davit::layer
