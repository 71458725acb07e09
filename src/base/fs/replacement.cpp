#include "base/fs/replacement.h"

#include <unistd.h>

#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::base::fs {

Replacement::Replacement(stdfs::path path, mode_t mode)
    : path_(std::move(path)),
      temporary_(path_.parent_path() / ("." + path_.filename().string() + "." + random_hex(6))),
      file_(File::open(temporary_, {.access = Access::kWrite, .create = Create::kExclusive, .mode = mode})) {
  try {
    file_->set_mode(mode);
  } catch (...) {
    ::unlink(temporary_.c_str());
    throw;
  }
}

// Past the seam: what a test makes fail must not leave the file behind.
Replacement::~Replacement() {
  if (file_) ::unlink(temporary_.c_str());
}

void Replacement::commit() {
  file_->sync();
  fs::rename(temporary_, path_);
  file_.reset();
  sync_directory(path_.has_parent_path() ? path_.parent_path() : stdfs::path("."));
}

}  // namespace davit::base::fs
