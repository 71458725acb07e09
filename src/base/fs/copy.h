#pragma once
// Files copied from one file system to another, as faithfully as a hard link would have been.

#include <string>

#include "base/fs/tree.h"

namespace davit::base::fs {

// Makes the new name `to_name` what `from_name` is: a file with its data and holes, a symlink, device or FIFO (no
// folder), with mode, owner, xattrs and time.
void copy_file(const Directory& from, const std::string& from_name, const Directory& to, const std::string& to_name);

}  // namespace davit::base::fs
