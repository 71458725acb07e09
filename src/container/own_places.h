#pragma once
// The names that davit itself puts into each container's root, as docker does: where its own mounts go, and what tells
// programs that they are in a container. They are no changes of the container's: diff and commit leave them out.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "base/fs/tree.h"

namespace davit::container {

// Makes those that the root does not have.
void make_own_places(const base::fs::Directory& root);

// Of what is in a container's own layer (an overlay's upper folder), the paths ("etc/hosts") of what is only such a
// name.
std::set<std::string> own_places_in(const base::fs::Directory& upper);

// Bytes of the files that a container wrote, docker's size of it: of its own layer without davit's own names.
std::uint64_t written_size(const std::filesystem::path& upper);

// Makes a folder or an empty file at the path in a root, with the folders above it; links are followed inside the root.
// Fine when it is there.
void make_place(const base::fs::Directory& root, const std::filesystem::path& path, bool folder);

}  // namespace davit::container
