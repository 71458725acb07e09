#pragma once
// Digests of files' bytes, remembered by what tells a file from another and from itself before: device, inode, size and
// the times of its last changes. A folder that did not change is not read again.

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

#include <sys/stat.h>

#include "base/fs/file.h"

namespace davit::build {

class FileDigests {
 public:
  // Remembers in this file, which may be missing; what it cannot read it forgets.
  explicit FileDigests(std::filesystem::path file);

  // SHA-256, as hex digits, of the file, which has that status.
  std::string digest(const base::fs::File& file, const struct stat& status);
  // Writes down what was asked for since the beginning, if anything of it is new.
  void save() const;

 private:
  struct Known {
    std::string digest;
    bool asked = false;
  };
  std::filesystem::path file_;
  std::unordered_map<std::string, Known> known_;
  bool changed_ = false;
};

}  // namespace davit::build
