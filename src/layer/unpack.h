#pragma once
// A layer's tar becomes a tree, in overlayfs's form: a whiteout becomes a character device 0:0, an opaque folder gets
// the xattr trusted.overlay.opaque=y. OCI image-spec, layer.md. docs/adr/0058.
//
// What is in the archive counts as hostile: names are confined to the tree, links are resolved inside it. A later entry
// replaces an earlier one of the same name, a link is replaced and never written through; a folder over a folder
// changes its attributes only. Errors name the entry: kInvalidArgument for what no layer may hold (a name that leads
// out, a hard link to what is not in the layer, a device 0:0, a file used as a folder), kCorrupt for a damaged archive,
// kCancelled after an interrupt. The tar is then to be drained by the caller.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/fs/tree.h"
#include "codec/file_tree.h"
#include "codec/tar.h"

namespace davit::layer {

struct Unpacked {
  std::uint64_t size = 0;            // bytes of files and of symlinks' targets, each link group once
  std::uint64_t disk_bytes = 0;      // of a file system's blocks of 4096 bytes, were it in a folder
  std::uint64_t entries = 0;         // names in the tree, the root not counted
  bool root_listed = false;          // the archive has "./": it decides the attributes of /
  bool root_special = false;         // it gives / others than 0755, root's, without xattrs
  bool root_opaque = false;          // nothing of lower layers is to be seen
  std::vector<std::string> implied;  // folders that hold entries but are not listed: 0755, root's, of 1970; sorted
};

// Makes the folder `name` in `parent` and unpacks the archive's entries into it; for root. What was unpacked before an
// Error is left for the caller to remove.
Unpacked unpack(codec::TarReader& tar, const base::fs::Directory& parent, const std::string& name);

struct ImageUnpacked {
  Unpacked layer;
  codec::FileTree tree;            // whose files' data lies in the archive, of sparse ones beside it
  std::uint64_t beside_bytes = 0;  // 0: no sparse file has data
};

// The same tree (or Error) with nothing made of it: for an image that points into the archive. `beside` is called for
// the file, new and empty, that takes the data of sparse files; not before there is some.
ImageUnpacked unpack_for_image(codec::TarReader& tar, const std::function<base::fs::File&()>& beside);

}  // namespace davit::layer
