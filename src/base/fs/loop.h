#pragma once
// Loop devices: a file as a read-only block device. Part of the fs seam; see file.h.

#include "base/fs/file.h"

namespace davit::base::fs {

// A loop device over a file. It is there as long as the object or a mount uses it, and ends by itself: nothing is left
// by a crash.
class LoopDevice {
 public:
  // A loop device is whole sectors of 512 bytes long: what a file has after its last one is refused, or missing.
  enum class Tail { kRefused, kMissing };
  // Throws Error(kNotSupported) where there are no loop devices.
  static LoopDevice attach(const stdfs::path& file, Tail tail = Tail::kRefused);
  const stdfs::path& path() const { return path_; }  // "/dev/loop7"

 private:
  LoopDevice(FileDescriptor fd, stdfs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  FileDescriptor fd_;
  stdfs::path path_;
};

}  // namespace davit::base::fs
