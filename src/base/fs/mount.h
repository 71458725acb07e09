#pragma once
// Mounts. Part of the fs seam; see file.h. What is attached is attached in the calling thread's mount namespace.

#include <cstdint>
#include <string>
#include <vector>

#include "base/fs/file.h"

namespace davit::base::fs {

// A mount that is not attached anywhere yet is a descriptor: whoever holds it may attach it in any mount namespace, and
// it ends with the descriptor where nobody does.
void attach_mount(const FileDescriptor& mount, const stdfs::path& target);
// The same on what the descriptor is; `name` is for messages.
void attach_mount(const FileDescriptor& mount, const FileDescriptor& target, const stdfs::path& name);

struct OverlayMount {
  std::vector<stdfs::path> lower;  // top first; 1 to 500 folders
  stdfs::path upper;               // empty: read-only
  stdfs::path work;
  stdfs::path target;  // an existing folder
};

// Makes an overlay, not attached; its folders are looked up in the calling thread's mount namespace, `target` may lie
// in another and is for messages then. Whatever the kernel's defaults are, nothing but the upper folder tells what was
// changed: no redirects, no inodes without data, no index (a container's diff is read from it). Throws
// Error(kNotSupported) naming the folder and what to do where its file system cannot carry an upper folder.
FileDescriptor open_overlay(const OverlayMount& mount);
// The same, attached at its target.
void mount_overlay(const OverlayMount& mount);

// How an EROFS image in a file is given to the kernel: as it is (Linux 6.12; not from tmpfs or an overlay), or behind
// loop devices, which go with the mount.
enum class Backing { kFile, kLoop };

struct ErofsMount {
  stdfs::path image;
  std::vector<stdfs::path> devices;  // its extra devices, in their order; of any length, but used by whole blocks
  Backing backing = Backing::kFile;
};

// Mounts an EROFS image, read-only. Device nodes and setuid programs in it are good: what lies over it decides. Throws
// Error(kNotSupported) where this kernel cannot, saying why.
FileDescriptor open_erofs(const ErofsMount& mount);
void mount_erofs(const ErofsMount& mount, const stdfs::path& target);

// A new file system in memory, empty, 0700; for a few names, not for data. `target` is for messages.
FileDescriptor open_tmpfs(const stdfs::path& target);
// Mounts a file system in memory for the data of processes that do not trust each other: 1777, no devices, programs or
// setuid; it ends with unmount().
void mount_shared_memory(const stdfs::path& target, std::uint64_t bytes);
// The folder once more, as a mount of its own.
FileDescriptor open_bind(const stdfs::path& folder);
// The same of what the descriptor is, a file or a folder, with what is mounted below it where that is wanted.
enum class Below { kLeaveOut, kTakeAlong };
FileDescriptor open_bind(const FileDescriptor& what, Below below, const stdfs::path& name);
// Nothing can be written through a mount that is not attached yet.
void make_read_only(const FileDescriptor& mount, const stdfs::path& name);
// What is mounted below `mount_point` from now on reaches no other mount namespace, nor comes from one.
void make_mount_private(const stdfs::path& mount_point);

// Detaches the mount at target, with those below it. False when nothing was mounted there.
bool unmount(const stdfs::path& target);
bool is_mount_point(const stdfs::path& path);
// Names the mount that holds what the path leads to, or that the descriptor is: never given twice in a boot from Linux
// 6.8 on, before that not while the mount is there.
std::uint64_t mount_id(const stdfs::path& path);
std::uint64_t mount_id(const FileDescriptor& mount);

// Gives the calling thread (and threads and children it starts from now on) a mount namespace of its own, from which no
// mount reaches the old one. It also stops sharing its working directory and umask with the other threads.
void enter_private_mount_namespace();

// The type of the file system that holds the path, by statfs(2): "ext4", "overlay", "tmpfs", … or its magic in hex.
std::string filesystem_type(const stdfs::path& path);

}  // namespace davit::base::fs
