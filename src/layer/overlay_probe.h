#pragma once
// Whether a folder's file system can carry an overlay's upper folder.

#include <filesystem>

namespace davit::layer {

// Tries it: mounts an overlay with its folders under `folder`, in a mount namespace of its own that nobody sees, and
// removes a file through it. Leaves nothing behind. Throws Error(kNotSupported) naming the folder, its file system and
// what to do, Error(kPermissionDenied) where the caller may not mount.
void probe_overlay(const std::filesystem::path& folder);

// The same, at most once per boot and file system: a success is noted in `folder`/probed.
void probe_overlay_once(const std::filesystem::path& folder);

}  // namespace davit::layer
