#pragma once
// Fits a layer with implied folders to the layers below it. A layer is unpacked without knowing its parents, so a
// folder that its archive implies but does not list lies in it with default attributes, which would hide those below;
// and where the lower layers have a link of that name (`lib -> usr/lib`), the folder would hide the link.
// docs/adr/0016.

#include <filesystem>
#include <string>
#include <vector>

#include "base/fs/tree.h"
#include "layer/merged_tree.h"

namespace davit::layer {

// Makes the folder `name` in `parent`: a small layer to be placed directly above the one in `layer`. In it, an implied
// folder has the attributes that `below` has for it; where `below` has a link to a folder, it has that link, and behind
// it the entries of the implied folder, as hard links, or as copies where `parent` is not on the layer's file system.
// Returns whether anything had to be fitted; if not, the folder is empty.
bool make_adapted_layer(const MergedTree& below, const std::filesystem::path& layer,
                        const std::vector<std::string>& implied, const base::fs::Directory& parent,
                        const std::string& name);

// Gives the folder `name` in `parent` the owner, mode and xattrs of `from` (not its time).
void copy_attributes(const MergedEntry& from, const base::fs::Directory& parent, const std::string& name);

}  // namespace davit::layer
