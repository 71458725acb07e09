#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/log.h"
#include "layer/chain.h"
#include "layer/erofs_driver.h"
#include "layer/erofs_probe.h"
#include "layer/overlay_driver.h"
#include "layer/overlay_probe.h"

namespace davit::layer {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

// Why "auto" is what it is.
std::string reason_for(const ErofsSupport& support) {
  if (!support.backing) return "erofs does not work here: " + support.reason;
  if (*support.backing == fs::Backing::kFile) return "erofs images are mounted as they are";
  return "erofs images are mounted by loop devices: " + support.reason;
}

class Layers final : public LayerStore {
 public:
  explicit Layers(LayerStoreOptions options);

  DriverChoice driver() const override { return choice_; }
  std::optional<LayerRecord> find(const oci::Digest& diff_id) const override;
  std::unique_ptr<StagedLayer> stage(const oci::Digest& diff_id, base::Source& tar) override;
  void sync() override { default_->sync(); }
  std::uint64_t remove(const oci::Digest& diff_id) override;
  std::vector<oci::Digest> list() const override;
  std::uint64_t clean() override;
  LayersUsage disk_usage() const override;
  void mount(const MountOptions& options) override;
  fs::FileDescriptor open(const MountOptions& options) override;
  void unmount(const stdfs::path& target) override;

 private:
  struct Kept {
    LayerDriver* driver;
    KeptLayer layer;
  };
  std::vector<LayerDriver*> drivers() const;
  std::optional<Kept> look_up(const oci::Digest& diff_id) const;
  ChainLayer show(const oci::Digest& diff_id, LayerMounts::Inside* mounts);
  std::optional<ChainLayer> try_show(const oci::Digest& diff_id, LayerMounts::Inside* mounts);
  bool make_again(const oci::Digest& diff_id);
  static void make_of(const oci::Digest& diff_id, base::Source& tar, LayerDriver& driver);
  bool needs_mounts(const std::vector<oci::Digest>& diff_ids) const;
  fs::FileDescriptor open_root(const MountOptions& options, LayerMounts::Inside* mounts);

  LayerStoreOptions options_;
  LayerMounts mounts_;
  std::unique_ptr<LayerDriver> overlay_;
  std::unique_ptr<ErofsDriver> erofs_;  // where it works, or has layers
  LayerDriver* default_ = nullptr;
  DriverChoice choice_;
  Chains chains_;
  std::uint64_t cleaned_ = 0;  // bytes, when it was opened
};

Layers::Layers(LayerStoreOptions options)
    : options_(std::move(options)),
      mounts_(options_.root, options_.run),
      overlay_(make_overlay_driver(options_.root)),
      chains_(overlay_->folders()) {
  const std::string& wanted = options_.driver;
  if (wanted != "auto" && wanted != "overlay" && wanted != "erofs") {
    throw Error::format(Code::kInvalidArgument, "unknown storage driver '{}': choose auto, overlay or erofs", wanted);
  }
  probe_overlay_once(overlay_->folders().folder());
  const stdfs::path folder = options_.root / "erofs";
  if (wanted != "overlay" || fs::exists(folder)) {
    fs::make_directories(folder);
    const ErofsSupport support = probe_erofs_once(folder);
    erofs_ = std::make_unique<ErofsDriver>(options_.root, support.backing);
    if (wanted == "erofs" && !support.backing) {
      throw Error::format(Code::kNotSupported, "the storage driver erofs does not work in {}: {}", folder.string(),
                          support.reason);
    }
    choice_.why = reason_for(support);
  }
  const bool use_erofs = wanted != "overlay" && erofs_->works();
  default_ = use_erofs ? static_cast<LayerDriver*>(erofs_.get()) : overlay_.get();
  choice_.name = default_->name();
  if (wanted != "auto") choice_.why = "asked for";
  for (LayerDriver* driver : drivers()) cleaned_ += driver->folders().clean_staging();
}

// The default first.
std::vector<LayerDriver*> Layers::drivers() const {
  std::vector<LayerDriver*> all = {default_};
  if (default_ != overlay_.get()) all.push_back(overlay_.get());
  if (erofs_ && default_ != erofs_.get()) all.push_back(erofs_.get());
  return all;
}

std::optional<Layers::Kept> Layers::look_up(const oci::Digest& diff_id) const {
  for (LayerDriver* driver : drivers()) {
    if (auto kept = driver->folders().find(diff_id)) return Kept{driver, std::move(*kept)};
  }
  return std::nullopt;
}

std::optional<LayerRecord> Layers::find(const oci::Digest& diff_id) const {
  auto kept = look_up(diff_id);
  return kept ? std::make_optional(std::move(kept->layer.layer)) : std::nullopt;
}

std::unique_ptr<StagedLayer> Layers::stage(const oci::Digest& diff_id, base::Source& tar) {
  if (look_up(diff_id)) return nullptr;
  return default_->stage(diff_id, tar);
}

std::uint64_t Layers::remove(const oci::Digest& diff_id) {
  std::uint64_t bytes = 0;
  for (LayerDriver* driver : drivers()) bytes += driver->remove(diff_id);
  return bytes + chains_.remove_stale([this](const oci::Digest& layer) { return look_up(layer).has_value(); });
}

std::vector<oci::Digest> Layers::list() const {
  std::vector<oci::Digest> all;
  std::unordered_set<oci::Digest> seen;
  for (LayerDriver* driver : drivers()) {
    for (oci::Digest& diff_id : driver->folders().list()) {
      if (seen.insert(diff_id).second) all.push_back(std::move(diff_id));
    }
  }
  return all;
}

std::uint64_t Layers::clean() {
  std::uint64_t bytes = std::exchange(cleaned_, 0);
  for (LayerDriver* driver : drivers()) bytes += driver->folders().clean_staging();
  if (erofs_) mounts_.clean();
  return bytes;
}

LayersUsage Layers::disk_usage() const {
  LayersUsage usage;
  for (LayerDriver* driver : drivers()) {
    const stdfs::path& folder = driver->folders().folder();
    std::unordered_set<std::string> layers;
    for (const oci::Digest& diff_id : driver->folders().list()) {
      usage.layers[diff_id] += driver->measure(diff_id);
      layers.insert(diff_id.hex());
    }
    usage.other += fs::disk_bytes_of(folder);
    for (const std::string& name : fs::list(folder)) {
      if (!layers.contains(name)) usage.other += fs::measure_tree(folder / name).disk_bytes;
    }
  }
  return usage;
}

// Nothing where no form of it can be shown.
std::optional<ChainLayer> Layers::try_show(const oci::Digest& diff_id, LayerMounts::Inside* mounts) {
  for (LayerDriver* driver : drivers()) {
    auto kept = driver->folders().find(diff_id);
    if (!kept) continue;
    try {
      ShownLayer shown = driver->show(*kept, mounts);
      return ChainLayer{
          .kept = std::move(*kept), .folder = driver->folders().layer(diff_id), .shown = std::move(shown)};
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) throw;
      base::log::warn("{}", error.message());
    }
  }
  return std::nullopt;
}

// From a tar that is here in a form that this machine cannot mount, or from the layer's blob.
bool Layers::make_again(const oci::Digest& diff_id) {
  if (const auto tar = erofs_ ? erofs_->tar(diff_id) : nullptr) {
    try {
      make_of(diff_id, *tar, *overlay_);
      return true;
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt && error.code() != Code::kInvalidArgument) throw;
      base::log::warn("{}", error.message());
    }
  }
  const auto tar = options_.source ? options_.source(diff_id) : nullptr;
  if (tar) make_of(diff_id, *tar, *default_);
  return tar != nullptr;
}

void Layers::make_of(const oci::Digest& diff_id, base::Source& tar, LayerDriver& driver) {
  base::log::info("layer {} is made again in the form of {}", diff_id.text(), driver.name());
  if (const auto staged = driver.stage(diff_id, tar)) {
    driver.sync();
    staged->commit();
  }
}

ChainLayer Layers::show(const oci::Digest& diff_id, LayerMounts::Inside* mounts) {
  if (auto shown = try_show(diff_id, mounts)) return std::move(*shown);
  if (make_again(diff_id)) {
    if (auto shown = try_show(diff_id, mounts)) return std::move(*shown);
  }
  throw Error::format(Code::kNotFound, "layer {} is not in the store", diff_id.text());
}

// As a mount that is nowhere yet. It holds the mounts of its layers itself; those in the store's place are kept for a
// target that others may look for there.
fs::FileDescriptor Layers::open_root(const MountOptions& options, LayerMounts::Inside* mounts) {
  std::vector<ChainLayer> layers;
  std::vector<oci::Digest> mounted;
  for (const oci::Digest& diff_id : options.diff_ids) {
    layers.push_back(show(diff_id, mounts));
    if (layers.back().shown.held) mounted.push_back(diff_id);
  }
  const Chain chain = chains_.assemble(layers, options.upper.empty() ? 2 : 1);
  // Later mounts leave the attributes of / as the container made them; overlayfs makes the folder at the first.
  if (!options.upper.empty() && !fs::exists(options.work / "work")) Chains::prepare_upper(chain, options.upper);
  if (!mounted.empty() && !options.target.empty()) mounts->keep(options.target, mounted);
  return fs::open_overlay(
      {.lower = chain.folders, .upper = options.upper, .work = options.work, .target = options.target});
}

// Whether a layer of the chain is mounted, or may be when it has been made again.
bool Layers::needs_mounts(const std::vector<oci::Digest>& diff_ids) const {
  return erofs_ && erofs_->works() && std::any_of(diff_ids.begin(), diff_ids.end(), [this](const oci::Digest& diff_id) {
           const auto kept = look_up(diff_id);
           return !kept || kept->driver->is_mounted_form();
         });
}

void Layers::mount(const MountOptions& options) {
  if (!needs_mounts(options.diff_ids)) return fs::attach_mount(open_root(options, nullptr), options.target);
  fs::FileDescriptor root;
  mounts_.in_namespace([&](LayerMounts::Inside& inside) { root = open_root(options, &inside); });
  fs::attach_mount(root, options.target);
}

fs::FileDescriptor Layers::open(const MountOptions& options) {
  auto nowhere = options;
  nowhere.target.clear();
  if (!needs_mounts(nowhere.diff_ids)) return open_root(nowhere, nullptr);
  fs::FileDescriptor root;
  mounts_.in_namespace([&](LayerMounts::Inside& inside) { root = open_root(nowhere, &inside); });
  return root;
}

void Layers::unmount(const stdfs::path& target) { mounts_.unmount(target); }

}  // namespace

std::unique_ptr<LayerStore> open_layers(LayerStoreOptions options) {
  return std::make_unique<Layers>(std::move(options));
}

}  // namespace davit::layer
