#pragma once
// EROFS images of a FileTree, whose files' data lies in other files: Documentation/filesystems/erofs.rst and
// fs/erofs/erofs_fs.h of Linux; the part of the format that davit writes is docs/formats/erofs.md.

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/io.h"
#include "codec/file_tree.h"

namespace davit::codec {

inline constexpr unsigned kErofsBlockBits = 9;

struct ErofsOptions {
  // 9: blocks of 512 bytes, the data of files in extra devices (mounted with device=ARCHIVE, device=BESIDE in this
  // order). 12: blocks of 4096 bytes with the data inside, for tools that know only those; `data` gives it then.
  unsigned block_bits = kErofsBlockBits;
  std::uint64_t archive_bytes = 0;  // of the file that DataPlace::kArchive means
  std::uint64_t beside_bytes = 0;   // of the other; 0: there is none, and one device
  // Reads from a place: fills the buffer. For block_bits 12 alone.
  std::function<void(DataPlace place, std::uint64_t offset, base::ByteSpan buffer)> data = {};
};

// Writes the image of the tree in one pass; equal trees give equal bytes. An opaque folder has the xattr
// trusted.overlay.opaque=y. Xattrs of a namespace that EROFS does not know are left out: the tree's owner has refused
// them before (erofs_keeps_xattr). Throws Error(kNotSupported) for what the format cannot hold.
void write_erofs(const FileTree& tree, const ErofsOptions& options, base::Sink& sink);

// Whether EROFS has a place for it: user., trusted., security. and POSIX ACLs, within its limits.
bool erofs_keeps_xattr(std::string_view name, std::string_view value);

// Checks an image of davit's own (512-byte blocks) in all that the kernel relies on and more: every offset inside the
// image or the device, folders sorted and each in one place, link counts, names, types. The kernel never sees an image
// that this rejects. `devices`: the bytes of each extra device. Throws Error(kCorrupt) naming what is wrong, in bounded
// time and memory whatever the image holds.
void check_erofs(base::ByteView image, const std::vector<std::uint64_t>& devices);

}  // namespace davit::codec
