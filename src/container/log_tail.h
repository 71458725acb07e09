#pragma once
// Where the last lines of a container's log begin, found from its end: what lies before is not read.

#include <cstdint>

#include "base/fs/file.h"

namespace davit::container {

struct LogTail {
  std::uint64_t offset = 0;  // where a LogReader begins
  std::uint64_t skip = 0;    // of its entries that end a line: they are older
  bool operator==(const LogTail&) const = default;
};

// Of the first `size` bytes of the file. A last line that nothing ended yet is not counted. Pieces of a line that lie
// more than LogReader::kMostEntryBytes before its end are not looked for.
LogTail find_log_tail(const base::fs::File& file, std::uint64_t size, std::uint64_t lines);

}  // namespace davit::container
