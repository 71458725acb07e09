#pragma once
// A file that is written beside the one it shall replace. Part of the fs seam; see file.h.

#include <optional>

#include "base/fs/file.h"

namespace davit::base::fs {

class Replacement {
 public:
  // Makes the file beside `path`, in a folder that exists.
  explicit Replacement(stdfs::path path, mode_t mode = 0600);
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement();  // without commit(): removes it, and `path` is as it was

  File& file() { return *file_; }
  // In the place of `path`, as one step, durably.
  void commit();

 private:
  stdfs::path path_, temporary_;
  std::optional<File> file_;
};

}  // namespace davit::base::fs
