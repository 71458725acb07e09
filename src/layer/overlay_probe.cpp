#include "layer/overlay_probe.h"

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "layer/overlay_form.h"
#include "layer/probe.h"

namespace davit::layer {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

void try_mount(const std::filesystem::path& folder) {
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
  try {
    probe_unseen(folder, try_mount);
  } catch (const Error& e) {
    if (e.code() != Code::kNotSupported && e.code() != Code::kIo) throw;
    throw Error::format(Code::kNotSupported,
                        "{} lies on {}, which cannot carry an overlay's upper folder: choose a --root on ext4, xfs, "
                        "btrfs or tmpfs ({})",
                        folder.string(), fs::filesystem_type(folder), e.message());
  }
}

void probe_overlay_once(const std::filesystem::path& folder) {
  probe_once(folder, [&] {
    probe_overlay(folder);
    return std::string();
  });
}

}  // namespace davit::layer
