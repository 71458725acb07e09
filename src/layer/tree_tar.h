#pragma once
// A folder tree as a tar: what a container changed, as a layer (OCI image-spec, layer.md), or a plain folder. Reads
// only, never through a link and never outside the folder. Equal trees give equal bytes: names come in the order of
// their bytes, each folder before what is in it. docs/adr/0063.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "base/fs/tree.h"
#include "base/io.h"

namespace davit::layer {

struct WrittenTree {
  std::uint64_t entries = 0;   // of the archive; that of the folder itself ("./") not counted
  std::uint64_t left_out = 0;  // things that no archive or layer can hold, each told by a warning
};

// An overlay's upper folder, whatever the driver of the layers below it, as the layer that makes of them what the
// overlay showed: a device 0:0 is a whiteout, an opaque folder has the entry ".wh..wh..opq". Overlayfs's own xattrs and
// those that are the host's (SELinux's label, the EVM signature) are not written.
//
// Holes are written as zeros (without reading them). Sockets, and names that a layer would take for whiteouts, are left
// out. A file that changes meanwhile has the size it had when it was opened, cut or filled up with zeros, and what goes
// away meanwhile is not there: both are told by warnings; only of a container that stands still the layer is exact.
//
// Error(kNotSupported) where the folder refers to content in a lower layer, as overlays mounted with redirect_dir or
// metacopy make it (ours never are), or a path is longer than a layer allows. Error(kCancelled) after an interrupt.
// Does not finish the sink.
// What is at the paths of `leave_out` ("etc/hosts") is not written, nor told of.
WrittenTree write_diff(const std::filesystem::path& upper, base::Sink& tar,
                       const std::set<std::string>& leave_out = {});

// A folder as it is: a merged tree, or what is to become a layer of its own. A name such as ".wh.x" is a name, a device
// 0:0 is left out. All else as above.
WrittenTree write_tree(const std::filesystem::path& folder, base::Sink& tar);

// What has that name in a folder, with all in it, not through a link: the entry `as` and those below it ("as/x"). `as`
// may be ".". All else as write_tree; Error(kNotFound) where there is nothing of that name.
WrittenTree write_part(const base::fs::Directory& folder, const std::string& name, const std::string& as,
                       base::Sink& tar);
// The same of a folder itself.
WrittenTree write_part(base::fs::Directory folder, const std::string& as, base::Sink& tar);

}  // namespace davit::layer
