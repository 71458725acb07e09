#pragma once
// Files copied from one file system to another, as faithfully as a hard link would have been.

#include <string>

#include "base/fs/tree.h"

namespace davit::base::fs {

// Makes the new name `to_name` what `from_name` is: a file with its data and holes, a symlink, device or FIFO (no
// folder), with mode, owner, xattrs and time.
void copy_file(const Directory& from, const std::string& from_name, const Directory& to, const std::string& to_name);

// Copies all that is in a folder into an empty one, hard links as such, and gives that the folder's own attributes.
// Sockets are left out. Each open folder of the way down costs two descriptors. Error(kCancelled) after an interrupt.
void copy_tree(const Directory& from, const Directory& to);
// Gives a folder the mode, owner, xattrs and time of another.
void copy_attributes(const Directory& from, const Directory& to);

}  // namespace davit::base::fs
