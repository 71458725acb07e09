#include "container/volume_fill.h"

#include <algorithm>

#include "base/fs/copy.h"
#include "base/fs/paths.h"

namespace davit::container {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;

// Beside a volume's data, or in it where that is something mounted.
constexpr const char* kUnderWay = ".davit-filling";  // being copied
constexpr const char* kWhole = ".davit-filled";      // whole; what is in it goes into the volume, name by name

bool is_ours(const std::string& name) { return name == kUnderWay || name == kWhole; }

// Names are moved, none over another that is there meanwhile, so that who comes next may go on where this one died.
void move_into(const stdfs::path& whole, const stdfs::path& data) {
  for (const auto& name : fs::list(whole)) fs::rename_new(whole / name, data / name);
  fs::copy_attributes(fs::Directory::open(whole), fs::Directory::open(data));
  fs::remove_tree(whole);
}

}  // namespace

VolumeOptions volume_options(const MountPoint& mount) {
  VolumeOptions options = {.name = mount.source, .driver = mount.driver, .labels = {}, .options = {}};
  if (!mount.labels.empty()) options.labels = mount.labels;
  if (!mount.driver_options.empty()) options.options = mount.driver_options;
  if (mount.anonymous) {
    if (!options.labels) options.labels.emplace();
    options.labels->emplace(Volume::kAnonymousLabel, "");
  }
  return options;
}

void fill_volume(const Volume& volume, const stdfs::path& data, const VolumeStore& volumes, const fs::Directory& root,
                 const stdfs::path& target) {
  if (volume.is_mounted() && volume.options->at("type") == "tmpfs") return;
  const auto beside = volume.is_mounted() ? data : volumes.folder(volume.name);
  const auto whole = beside / kWhole;
  const auto turn = base::FileLock::acquire(volumes.folder(volume.name) / "fill.lock");
  if (fs::exists(whole)) return move_into(whole, data);
  const auto there = fs::list(data);
  if (!std::all_of(there.begin(), there.end(), is_ours)) return;
  const auto source = root.open_inside(target.relative_path());
  if (!source) return;

  fs::remove_tree(beside / kUnderWay);
  fs::make_directory(beside / kUnderWay);
  fs::copy_tree(*source, fs::Directory::open(beside / kUnderWay));
  fs::rename(beside / kUnderWay, whole);
  move_into(whole, data);
}

}  // namespace davit::container
