#pragma once
// A tar's entries into a folder of a root that others may be changing meanwhile: a container's, or the user's own. No
// name and no link leads out of the root: each folder is looked up by openat2(2) with RESOLVE_IN_ROOT, and what is made
// is new and reached by its descriptor alone.

#include <cstdint>
#include <optional>
#include <string>

#include "base/fs/tree.h"
#include "codec/tar.h"

namespace davit::operations {

struct ExtractOptions {
  std::string folder;               // in the root; it exists, and its own attributes stay
  std::optional<std::string> name;  // the archive's first names become this; empty: what is in them goes into `folder`
  std::optional<base::fs::Ownership> owner;  // of all that is made; nothing: as the archive has it
};

// A folder over a folder changes its attributes; anything else replaces a file of its name. Throws Error with docker's
// words: kConflict for a folder over something else, or the other way around; kInvalidArgument for a name that leads
// out of the folder; kCancelled after an interrupt. What was made before stays. Returns
// the bytes of a plain tar of the same: what docker tells of a copy.
std::uint64_t extract_archive(codec::TarReader& tar, const base::fs::Directory& root, const ExtractOptions& options);

}  // namespace davit::operations
