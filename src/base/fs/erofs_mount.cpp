#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/fs/calls.h"
#include "base/fs/loop.h"
#include "base/fs/mount.h"
#include "base/fs/mount_calls.h"

namespace davit::base::fs {

namespace {

std::string kernel_release() {
  struct utsname names = {};
  ::uname(&names);
  return names.release;
}

// What the kernel opens: a file or the loop device over it. By its name where that fits, as /proc/self/mountinfo shows
// it.
class ImageFile {
 public:
  ImageFile(const stdfs::path& path, Backing backing, LoopDevice::Tail tail) {
    if (backing == Backing::kLoop) {
      device_ = LoopDevice::attach(path, tail);
      name_ = device_->path();
      return;
    }
    file_ = File::open(path);
    name_ = path.native();
    if (name_.size() > kLongestOption) name_ = "/proc/self/fd/" + std::to_string(file_->fd());
  }
  const std::string& name() const { return name_; }

 private:
  std::optional<File> file_;
  std::optional<LoopDevice> device_;
  std::string name_;
};

[[noreturn]] void fail_mount(const ErofsMount& mount, int error_number, const std::string& complaint) {
  const std::string what = "mount EROFS image " + mount.image.string();
  const std::string why = erofs_refusal(error_number, kernel_release(), filesystem_type(mount.image));
  if (!why.empty()) throw Error(Code::kNotSupported, what + ": " + why + complaint);
  throw_errno(error_number, what + complaint);
}

}  // namespace

std::string erofs_refusal(int error_number, const std::string& kernel, const std::string& filesystem) {
  int major = 0;
  int minor = 0;
  std::sscanf(kernel.c_str(), "%d.%d", &major, &minor);
  const auto before = [&](int other_major, int other_minor) {
    return std::pair(major, minor) < std::pair(other_major, other_minor);
  };
  if (error_number == ENODEV) return fmt::format("this kernel ({}) has no EROFS", kernel);
  if (error_number == EINVAL && before(6, 4))
    return fmt::format("this kernel ({}) knows EROFS blocks of the page's size only: Linux 6.4 knows smaller", kernel);
  if (error_number != ENOTBLK) return {};
  if (before(6, 12)) return fmt::format("this kernel ({}) mounts no plain file: Linux 6.12 does", kernel);
  return fmt::format("this kernel ({}) mounts no plain file that lies on {}", kernel, filesystem);
}

FileDescriptor open_erofs(const ErofsMount& mount) {
  announce(Operation::kMount, mount.image);
  MountContext context("erofs");
  if (!context) fail_mount(mount, errno, {});
  const auto check = [&](int error_number) {
    if (error_number != 0) fail_mount(mount, error_number, context.complaint());
  };
  const ImageFile image(mount.image, mount.backing, LoopDevice::Tail::kRefused);
  std::vector<ImageFile> devices;
  devices.reserve(mount.devices.size());
  // An archive may be followed by anything; what of it an image points to is whole blocks.
  for (const auto& device : mount.devices) devices.emplace_back(device, mount.backing, LoopDevice::Tail::kMissing);
  check(context.set("source", image.name()));
  for (const auto& device : devices) check(context.set("device", device.name()));
  check(context.set_flag("ro"));
  check(context.create());
  return context.mount(MOUNT_ATTR_RDONLY, "mount EROFS image " + mount.image.string());
}

void mount_erofs(const ErofsMount& mount, const stdfs::path& target) { attach_mount(open_erofs(mount), target); }

}  // namespace davit::base::fs
