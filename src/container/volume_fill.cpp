#include "container/volume_fill.h"

#include <algorithm>

#include "base/error.h"
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
void move_into(const fs::Directory& whole, const fs::Directory& data) {
  for (const auto& name : whole.list()) whole.rename_new(name, data, name);
  fs::copy_attributes(whole, data);
}

// A folder of ours. Containers that have the volume may put something else there: that goes.
std::optional<fs::Directory> own_child(const fs::Directory& folder, const char* name) {
  auto child = folder.child(name);
  if (!child) folder.remove(name);
  return child;
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
  // By descriptors: what lies in a volume's data is its containers' to change at any moment.
  const auto content = fs::Directory::open(data);
  const auto beside = fs::Directory::open(volume.is_mounted() ? data : volumes.folder(volume.name));
  const auto turn = base::FileLock::acquire(volumes.folder(volume.name) / "fill.lock");
  if (const auto whole = own_child(beside, kWhole)) {
    move_into(*whole, content);
    return beside.remove(kWhole);
  }
  const auto there = content.list();
  if (!std::all_of(there.begin(), there.end(), is_ours)) return;
  const auto source = root.open_inside(target.relative_path());
  if (!source) return;

  beside.remove(kUnderWay);
  beside.make_directory(kUnderWay, 0700);
  const auto filling = own_child(beside, kUnderWay);
  if (!filling)
    throw base::Error::format(base::Code::kConflict, "volume {} was changed while it was filled", volume.name);
  fs::copy_tree(*source, *filling);
  beside.rename_new(kUnderWay, beside, kWhole);
  move_into(*filling, content);
  beside.remove(kWhole);
}

}  // namespace davit::container
