#pragma once
// Mounts. Part of the fs seam; see file.h. All are made in the caller's mount namespace.

#include <optional>
#include <string>
#include <vector>

#include "base/fs/file.h"

namespace davit::base::fs {

struct OverlayMount {
  std::vector<stdfs::path> lower;  // top first; 1 to 500 folders
  stdfs::path upper;               // empty: read-only
  stdfs::path work;
  stdfs::path target;
};

// Mounts an overlay. Where the kernel has fsconfig(2) with lowerdir+ (6.8) each lower folder is given by itself;
// elsewhere by short links, as mount data is one page. Throws Error(kNotSupported) naming the folder and what to do
// where its file system cannot carry an upper folder.
void mount_overlay(const OverlayMount& mount);

// Detaches the mount at target. False when nothing was mounted there.
bool unmount(const stdfs::path& target);
bool is_mount_point(const stdfs::path& path);

// Gives the calling thread (and threads and children it starts from now on) a mount namespace of its own, from which no
// mount reaches the old one. It also stops sharing its working directory and umask with the other threads.
void enter_private_mount_namespace();

// The type of the file system that holds the path, by statfs(2): "ext4", "overlay", "tmpfs", … or its magic in hex.
std::string filesystem_type(const stdfs::path& path);

}  // namespace davit::base::fs
