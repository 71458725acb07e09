#pragma once
// Whether EROFS images that lie in a folder can be mounted, and how.

#include <filesystem>
#include <optional>
#include <string>

#include "base/fs/mount.h"

namespace davit::layer {

struct ErofsSupport {
  std::optional<base::fs::Backing> backing;  // the best that works; nothing: none does
  std::string reason;                        // why none better does; empty for Backing::kFile
};

// Tries it: mounts a small image with its data in an extra device, both files in a folder under `folder`, first as they
// are, then behind loop devices, in a mount namespace of its own that nobody sees; and reads a file of it through an
// overlay. Leaves nothing behind. Throws Error(kPermissionDenied) where the caller may not mount, or what writing into
// the folder throws.
ErofsSupport probe_erofs(const std::filesystem::path& folder);

// The same, at most once per boot and file system: the answer, be it no, is noted in `folder`/probed.
ErofsSupport probe_erofs_once(const std::filesystem::path& folder);

}  // namespace davit::layer
