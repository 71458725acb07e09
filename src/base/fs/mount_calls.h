#pragma once
// What the files of base/fs that mount share. Private to src/base/fs.

#include <optional>
#include <string>

#include "base/fs/file.h"
#include "base/fs/mount.h"

namespace davit::base::fs {

// fsconfig(2) takes texts of up to 255 bytes.
inline constexpr std::size_t kLongestOption = 255;

// A file system that is being made: fsopen(2), fsconfig(2), fsmount(2). The setters return an errno value, or 0.
class MountContext {
 public:
  explicit MountContext(const char* type);
  explicit operator bool() const { return static_cast<bool>(fd_); }  // else errno says why
  int set(const char* key, const std::string& value);
  int set_flag(const char* key);
  int create();
  // After create(). Throws with `what`.
  FileDescriptor mount(unsigned attributes, const std::string& what);
  // What the kernel said of the failure ("e erofs: …"), as " (…)"; or nothing.
  std::string complaint() const;

 private:
  FileDescriptor fd_;
};

// The two ways of open_overlay. The first: nothing where this kernel or a path's form does not allow it (each lower
// folder by itself, "lowerdir+", is Linux 6.8). The second: mount(2), whose data is one page, so that the folders are
// named by short links.
std::optional<FileDescriptor> open_overlay_by_context(const OverlayMount& mount);
FileDescriptor open_overlay_by_short_names(const OverlayMount& mount);

// Why a kernel of that release refuses an EROFS image in a file on such a file system; empty where this errno value has
// no meaning of its own there.
std::string erofs_refusal(int error_number, const std::string& kernel, const std::string& filesystem);

}  // namespace davit::base::fs
