#pragma once
// What the files of base/fs share. Private to src/base/fs.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/file.h"

namespace davit::base::fs {

// Throws for an errno value: "CALL PATH: No such file or directory".
[[noreturn]] inline void fail(std::string_view call, const stdfs::path& path, int error_number) {
  throw_errno(error_number, std::string(call) + " " + path.string());
}

// Announces a call to the seam; throws when the seam wants it to fail.
inline void announce(Operation operation, const stdfs::path& path) {
  if (const int error_number = fault(operation, path.native())) fail(name(operation), path, error_number);
}

// The names in the folder that the descriptor is open on, sorted, without . and ..; takes the descriptor over. `path`
// is for messages.
std::vector<std::string> read_names(FileDescriptor folder, const stdfs::path& path);

}  // namespace davit::base::fs
