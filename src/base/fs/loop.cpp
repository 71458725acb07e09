#include "base/fs/loop.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "base/fs/calls.h"

namespace davit::base::fs {

namespace {

constexpr const char* kControl = "/dev/loop-control";
constexpr int kSectorSize = 512;
// Others take the device that was free a moment ago; a node of a new device is made a moment later.
constexpr int kTries = 400;
constexpr auto kPause = std::chrono::milliseconds(5);

FileDescriptor open_control() {
  FileDescriptor control(::open(kControl, O_RDWR | O_CLOEXEC));
  if (control) return control;
  if (errno != ENOENT && errno != ENODEV && errno != ENXIO) fail("open", kControl, errno);
  throw Error::format(Code::kNotSupported,
                      "there are no loop devices here: {} is missing (the kernel's module loop makes it)", kControl);
}

int configure(const FileDescriptor& device, const File& file) {
  struct loop_config config = {};
  config.fd = static_cast<__u32>(file.fd());
  config.block_size = kSectorSize;
  config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
  // For losetup(8) and its like to show: as much of the name as there is room for.
  const std::string& name = file.path().native();
  std::memcpy(config.info.lo_file_name, name.data(), std::min(name.size(), sizeof config.info.lo_file_name - 1));
  return ::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
}

}  // namespace

LoopDevice LoopDevice::attach(const stdfs::path& path, Tail tail) {
  announce(Operation::kMount, path);
  const File file = File::open(path);
  if (tail == Tail::kRefused && file.size() % kSectorSize != 0) {
    throw Error::format(Code::kNotSupported, "{} cannot be a loop device: its {} bytes are not whole sectors of {}",
                        path.string(), file.size(), kSectorSize);
  }
  const FileDescriptor control = open_control();
  int error_number = 0;
  for (int i = 0; i < kTries; ++i) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) fail("find a free loop device by", kControl, errno);
    const stdfs::path name = "/dev/loop" + std::to_string(number);
    FileDescriptor device(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    error_number = device ? configure(device, file) : errno;
    if (error_number == 0) return LoopDevice(std::move(device), name);
    if (error_number == EBUSY || error_number == EINTR || error_number == EAGAIN) continue;
    if (error_number != ENOENT && error_number != ENXIO && error_number != ENODEV)
      fail("make a loop device of", path, error_number);
    std::this_thread::sleep_for(kPause);
  }
  fail("make a loop device of", path, error_number);
}

}  // namespace davit::base::fs
