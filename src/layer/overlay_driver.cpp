#include "layer/overlay_driver.h"

#include "base/error.h"
#include "base/fs/usage.h"
#include "base/log.h"
#include "layer/adapted_layer.h"
#include "layer/layer_tar.h"
#include "layer/unpack.h"

namespace davit::layer {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr const char* kTree = "diff";
constexpr std::uint64_t kEntriesWorthRemembering = 200;

// The folder with the attributes of the layer's root, if those are not the usual ones.
bool keep_root_attributes(const fs::Directory& folder) {
  const auto status = folder.status(kTree);
  const MergedEntry root = {.path = "",
                            .status = *status,
                            .folder = std::make_shared<const fs::Directory>(fs::Directory::open(folder.path())),
                            .name = kTree};
  const bool usual =
      (status->st_mode & 07777) == 0755 && status->st_uid == 0 && status->st_gid == 0 && root.xattrs().empty();
  if (usual) return false;
  folder.make_directory(kRootAttributesName, 0755);
  copy_attributes(root, folder, kRootAttributesName);
  folder.set_mtime(kRootAttributesName, status->st_mtim);
  return true;
}

class OverlayDriver final : public LayerDriver {
 public:
  explicit OverlayDriver(const stdfs::path& root) : LayerDriver(root / "overlay") {}

  std::string name() const override { return "overlay"; }
  bool is_mounted_form() const override { return false; }
  ShownLayer show(const KeptLayer& kept, LayerMounts::Inside*) override {
    return {.tree = folders_.layer(kept.layer.diff_id) / kTree, .held = nullptr};
  }
  std::unique_ptr<base::Source> tar(const oci::Digest&) const override { return nullptr; }
  std::uint64_t measure(const oci::Digest& diff_id) const override;

 protected:
  void make(const stdfs::path& folder, const oci::Digest& diff_id, base::Source& tar) override;
};

void OverlayDriver::make(const stdfs::path& path, const oci::Digest& diff_id, base::Source& tar) {
  LayerTar read(tar, diff_id);
  const auto folder = fs::Directory::open(path);
  const Unpacked unpacked = unpack(read.reader(), folder, kTree);
  read.finish();
  KeptLayer kept = kept_layer(diff_id, unpacked);
  kept.root_special = unpacked.root_listed && keep_root_attributes(folder);
  write_layer_record(path, kept, unpacked.implied);
}

// A layer never changes, so what was measured once holds. A small one is not worth the writing.
std::uint64_t OverlayDriver::measure(const oci::Digest& diff_id) const {
  const stdfs::path folder = folders_.layer(diff_id);
  std::optional<KeptLayer> record;
  try {
    record = folders_.find(diff_id);
  } catch (const Error& error) {  // damaged: it takes its place all the same
    base::log::warn("{}", error.message());
  }
  if (record && record->measured) return *record->measured;
  const std::uint64_t bytes = fs::measure_tree(folder).disk_bytes;
  if (record && record->layer.entries >= kEntriesWorthRemembering) {
    record->measured = bytes;
    try {
      rewrite_layer_record(folder, *record);
    } catch (const Error& error) {  // removed meanwhile, or a disk that cannot be written
      if (error.code() == Code::kCancelled) throw;
      base::log::debug("the size of layer {} is not kept: {}", diff_id.text(), error.message());
    }
  }
  return bytes;
}

}  // namespace

std::unique_ptr<LayerDriver> make_overlay_driver(const stdfs::path& root) {
  return std::make_unique<OverlayDriver>(root);
}

}  // namespace davit::layer
