#pragma once
// EROFS images of a FileTree, whose files' data lies in other files: Documentation/filesystems/erofs.rst and
// fs/erofs/erofs_fs.h of Linux; the part of the format that davit writes is docs/formats/erofs.md.

#include <array>
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
  std::uint64_t archive_bytes = 0;                      // of the file that DataPlace::kArchive means
  std::uint64_t beside_bytes = 0;                       // of the other; 0: there is none, and one device
  std::uint64_t most_bytes = std::uint64_t{128} << 30;  // of the image: more is refused before anything is written
  // Tells images apart: with an upper folder, overlayfs keeps inode numbers over a mount only for lower file systems
  // that have different ones. The first bytes of the layer's digest are a good one.
  std::array<std::uint8_t, 16> uuid = {};
  // Fills the buffer with what a place has from an offset on. For block_bits 12 alone.
  std::function<void(DataPlace place, std::uint64_t offset, base::ByteSpan buffer)> data = {};
};

// Writes the image of the tree in one pass, in memory of about 5 bytes for each node; equal trees give equal bytes. An
// opaque folder has the xattr trusted.overlay.opaque=y. Xattrs that erofs_keeps_xattr refuses are left out: the tree's
// owner has spoken of them before. The sink's finish() is not called. Throws Error(kNotSupported) for what the format
// cannot hold: device numbers past Linux's, link targets of none or more than 4095 bytes, data past 2 TiB, more than
// 256 KiB of xattrs at one file, more than 128 GiB of image; and for an image larger than it may be.
void write_erofs(const FileTree& tree, const ErofsOptions& options, base::Sink& sink);

// Whether an image keeps it: user., trusted., security. and POSIX ACLs within EROFS's limits. Not overlayfs's own
// (trusted.overlay., user.overlay.), which would steer the mount, and not ACLs and capabilities that setxattr(2) would
// refuse: a file with one could not be opened or run.
bool erofs_keeps_xattr(std::string_view name, std::string_view value);
// The same at a file of that type: Linux has user. at files and folders only, no ACL at links, default ones at folders.
bool erofs_keeps_xattr(std::string_view name, std::string_view value, NodeType type);

// Checks an image of davit's own (512-byte blocks) in all that the kernel relies on and more: every byte has a meaning
// or is zero, every offset is inside the image or the device, nothing overlaps, folders are sorted and each in one
// place, link counts, names, types. The kernel never sees an image that this rejects. `devices`: the bytes of each
// extra device. Throws Error(kCorrupt) naming what is wrong, in time and memory bounded by the image's size whatever it
// holds.
void check_erofs(base::ByteView image, const std::vector<std::uint64_t>& devices);

}  // namespace davit::codec
