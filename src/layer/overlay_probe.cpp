#include "layer/overlay_probe.h"

#include <exception>
#include <thread>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/process.h"
#include "layer/unpack_folders.h"

namespace davit::layer {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

void try_mount(const std::filesystem::path& folder) {
  fs::enter_private_mount_namespace();
  for (const auto* name : {"lower", "upper", "work", "merged"}) fs::make_directory(folder / name);
  fs::write_file(folder / "lower" / "file", "");
  const auto parent = fs::Directory::open(folder);
  parent.set_xattr("upper", std::string(kOpaqueXattr), "y");
  const auto merged = folder / "merged";
  fs::mount_overlay(
      {.lower = {folder / "lower"}, .upper = folder / "upper", .work = folder / "work", .target = merged});
  fs::remove(merged / "file");
  const auto marker = fs::Directory::open(folder / "upper").status("file");
  fs::unmount(merged);
  if (!marker || !is_whiteout(*marker)) throw Error(Code::kNotSupported, "a removed file leaves no whiteout");
}

}  // namespace

void probe_overlay(const std::filesystem::path& folder) {
  const fs::TemporaryDirectory scratch(folder, "probe-");
  std::exception_ptr failure;
  std::jthread([&] {
    try {
      try_mount(scratch.path());
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    if (e.code() != Code::kNotSupported && e.code() != Code::kIo) throw;
    throw Error::format(Code::kNotSupported,
                        "{} lies on {}, which cannot carry an overlay's upper folder: choose a --root on ext4, xfs, "
                        "btrfs or tmpfs ({})",
                        folder.string(), fs::filesystem_type(folder), e.message());
  }
}

void probe_overlay_once(const std::filesystem::path& folder) {
  const auto device = fs::Directory::open(folder.parent_path()).status(folder.filename());
  const std::string note = fmt::format("{} {}\n", base::boot_id(), device ? device->st_dev : 0);
  const auto noted = folder / "probed";
  if (fs::read_file_if_exists(noted) == note) return;
  probe_overlay(folder);
  fs::write_file(noted, note);
}

}  // namespace davit::layer
