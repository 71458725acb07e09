#pragma once
// What a container changed of its image: what `diff` shows.

#include <set>
#include <string>
#include <vector>

#include "base/fs/tree.h"
#include "container/container_store.h"

namespace davit::container {

enum class ChangeKind { kModified, kAdded, kDeleted };

struct Change {
  ChangeKind kind;
  std::string path;  // "/etc/passwd"
  bool operator==(const Change&) const = default;
};

// Sorted by the names of each folder, a folder before what is in it. A file is modified when its attributes, size or
// time differ, a folder when its attributes do or something in it changed. Davit's own names (own_places.h) are no
// changes. Throws Error(kNotFound) when the container is gone.
std::vector<Change> changes_of(ContainerStore& containers, const std::string& id);

// The same of a container's own layer (an overlay's upper folder) and its image's root.
std::vector<Change> changes_between(const base::fs::Directory& upper, const base::fs::Directory& image);

}  // namespace davit::container
