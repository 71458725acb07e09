#include <algorithm>
#include <unordered_set>
#include <utility>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/log.h"
#include "codec/hash.h"
#include "layer/adapted_layer.h"
#include "layer/overlay_probe.h"
#include "layer/overlay_stage.h"
#include "layer/unpack_folders.h"

namespace davit::layer {

namespace fs = base::fs;
namespace json = boost::json;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr const char* kAdaptedRecord = "adapted.json";
constexpr std::uint64_t kEntriesWorthRemembering = 200;

// OCI image-spec, config.md, "Layer ChainID": names a layer together with all below it.
oci::Digest chain_id(const std::optional<oci::Digest>& below, const oci::Digest& diff_id) {
  return below ? codec::digest_of(below->text() + " " + diff_id.text()) : diff_id;
}

class OverlayDriver final : public LayerDriver {
 public:
  explicit OverlayDriver(const stdfs::path& root) : store_(root / "overlay") {
    probe_overlay_once(store_.folder());
    cleaned_ = store_.clean_staging();
  }

  std::string name() const override { return "overlay"; }

  std::optional<LayerRecord> find(const oci::Digest& diff_id) const override {
    const auto record = store_.find(diff_id);
    return record ? std::make_optional(record->layer) : std::nullopt;
  }

  std::unique_ptr<StagedLayer> stage(const oci::Digest& diff_id, base::Source& tar) override {
    return stage_overlay_layer(store_, diff_id, tar);
  }

  void sync() override { fs::sync_filesystem(store_.folder()); }

  std::uint64_t remove(const oci::Digest& diff_id) override {
    auto lock = store_.lock(diff_id.hex());
    std::uint64_t bytes = 0;
    if (fs::exists(store_.layer(diff_id))) bytes = store_.discard(store_.layer(diff_id));
    store_.release(std::move(lock), diff_id.hex());
    return bytes + remove_stale_adapted();
  }

  std::vector<oci::Digest> list() const override { return store_.list(); }
  std::uint64_t clean() override { return std::exchange(cleaned_, 0) + store_.clean_staging(); }
  LayersUsage disk_usage() const override;

  void mount(const MountOptions& options) override;
  void unmount(const stdfs::path& target) override { fs::unmount(target); }

 private:
  // The folders that make the chain's tree, top first, and the layer whose root decides the attributes of /.
  struct Chain {
    std::vector<stdfs::path> folders;
    std::optional<oci::Digest> root_layer;
    bool root_special = false;
  };
  Chain assemble(const std::vector<oci::Digest>& diff_ids) const;
  std::optional<stdfs::path> adapted_layer(const std::vector<oci::Digest>& diff_ids, std::size_t count,
                                           const oci::Digest& chain, const std::vector<stdfs::path>& below) const;
  void make_adapted(const std::vector<oci::Digest>& diff_ids, std::size_t count, const stdfs::path& place,
                    const std::vector<stdfs::path>& below) const;
  std::uint64_t remove_stale_adapted() const;
  std::uint64_t measure(const oci::Digest& diff_id) const;
  void prepare_upper(const Chain& chain, const MountOptions& options) const;

  OverlayStore store_;
  std::uint64_t cleaned_ = 0;  // bytes, when it was opened
};

OverlayDriver::Chain OverlayDriver::assemble(const std::vector<oci::Digest>& diff_ids) const {
  Chain chain;
  std::optional<oci::Digest> id;
  for (std::size_t i = 0; i < diff_ids.size(); ++i) {
    const oci::Digest& diff_id = diff_ids[i];
    const auto record = store_.find(diff_id);
    if (!record) throw Error::format(Code::kNotFound, "layer {} is not in the store", diff_id.text());
    id = chain_id(id, diff_id);
    // overlayfs does not look for the mark of opaqueness at the root itself.
    if (record->root_opaque) chain.folders.clear();
    std::optional<stdfs::path> adapted;
    if (record->layer.has_implied_folders && !chain.folders.empty()) {
      adapted = adapted_layer(diff_ids, i + 1, *id, chain.folders);
    }
    if (record->layer.entries > 0) {
      // A layer that comes twice: all that its lower occurrence has is hidden by the upper, and overlayfs takes none
      // twice.
      std::erase(chain.folders, store_.diff(diff_id));
      chain.folders.insert(chain.folders.begin(), store_.diff(diff_id));
    }
    if (adapted) chain.folders.insert(chain.folders.begin(), *adapted);
    if (record->root_listed) {
      chain.root_layer = diff_id;
      chain.root_special = record->root_special;
    }
  }
  if (chain.root_special) chain.folders.insert(chain.folders.begin(), store_.root_attributes(*chain.root_layer));
  return chain;
}

// The layer that fits the topmost of the first `count` layers to those below; made on first use, kept under their chain
// ID.
std::optional<stdfs::path> OverlayDriver::adapted_layer(const std::vector<oci::Digest>& diff_ids, std::size_t count,
                                                        const oci::Digest& chain,
                                                        const std::vector<stdfs::path>& below) const {
  const stdfs::path place = store_.adapted() / chain.hex();
  if (!fs::exists(place / kAdaptedRecord)) {
    const std::string lock_name = "adapted-" + chain.hex();
    auto lock = store_.lock(lock_name);
    if (!fs::exists(place / kAdaptedRecord)) make_adapted(diff_ids, count, place, below);
    store_.release(std::move(lock), lock_name);
  }
  // One that had nothing to fit is empty of all but its record.
  const stdfs::path diff = place / "diff";
  return fs::exists(diff) ? std::make_optional(diff) : std::nullopt;
}

void OverlayDriver::make_adapted(const std::vector<oci::Digest>& diff_ids, std::size_t count, const stdfs::path& place,
                                 const std::vector<stdfs::path>& below) const {
  const oci::Digest& diff_id = diff_ids[count - 1];
  // Under the lock of that name: staging folders that nobody holds are removed.
  const std::string name = "adapted-" + place.filename().string();
  const stdfs::path staged = store_.staging() / name;
  fs::remove_tree(staged);
  fs::make_directory(staged);
  const bool needed = make_adapted_layer(MergedTree(below), store_.diff(diff_id), read_implied(store_.layer(diff_id)),
                                         fs::Directory::open(staged), "diff");
  if (!needed) fs::remove_tree(staged / "diff");
  json::array layers;
  for (std::size_t i = 0; i < count; ++i) layers.emplace_back(diff_ids[i].text());
  fs::write_file(staged / kAdaptedRecord,
                 json::serialize(json::object{{"format", kOverlayFormat}, {"diff_ids", layers}}) + "\n");
  fs::sync_filesystem(staged);
  fs::remove_tree(place);
  fs::rename(staged, place);
  fs::sync_directory(store_.adapted());
}

// Of adapted layers, those of a chain that is no longer whole.
std::uint64_t OverlayDriver::remove_stale_adapted() const {
  std::uint64_t bytes = 0;
  for (const auto& name : fs::list(store_.adapted())) {
    const stdfs::path place = store_.adapted() / name;
    const auto text = fs::read_file_if_exists(place / kAdaptedRecord);
    if (!text) continue;
    bool whole = false;  // and a damaged record is none: the layer is made anew when it is needed
    try {
      const json::value record = json::parse(*text);
      const auto& layers = record.at("diff_ids").as_array();
      whole = std::all_of(layers.begin(), layers.end(), [&](const json::value& layer) {
        return fs::exists(store_.layer(oci::Digest::parse(std::string_view(layer.as_string()))));
      });
    } catch (const std::exception& error) {
      base::log::warn("'{}' is damaged: {}", (place / kAdaptedRecord).string(), error.what());
    }
    if (!whole) bytes += store_.discard(place);
  }
  return bytes;
}

// A layer never changes, so what was measured once holds. A small one is not worth the writing.
std::uint64_t OverlayDriver::measure(const oci::Digest& diff_id) const {
  const stdfs::path folder = store_.layer(diff_id);
  std::optional<OverlayRecord> record;
  try {
    record = store_.find(diff_id);
  } catch (const Error& error) {  // damaged: it takes its place all the same
    base::log::warn("{}", error.message());
  }
  if (record && record->measured) return *record->measured;
  const std::uint64_t bytes = fs::measure_tree(folder).disk_bytes;
  if (record && record->layer.entries >= kEntriesWorthRemembering) {
    record->measured = bytes;
    try {
      rewrite_overlay_record(folder, *record);
    } catch (const Error& error) {  // removed meanwhile, or a disk that cannot be written
      if (error.code() == Code::kCancelled) throw;
      base::log::debug("the size of layer {} is not kept: {}", diff_id.text(), error.message());
    }
  }
  return bytes;
}

LayersUsage OverlayDriver::disk_usage() const {
  LayersUsage usage;
  std::unordered_set<std::string> layers;
  for (const oci::Digest& diff_id : store_.list()) {
    usage.layers.emplace(diff_id, measure(diff_id));
    layers.insert(diff_id.hex());
  }
  usage.other = fs::disk_bytes_of(store_.folder());
  for (const std::string& name : fs::list(store_.folder())) {
    if (!layers.contains(name)) usage.other += fs::measure_tree(store_.folder() / name).disk_bytes;
  }
  return usage;
}

// At the first mount, gives the container's folder the attributes of the image's root: the upper folder's are those of
// /. Later they are the container's own.
void OverlayDriver::prepare_upper(const Chain& chain, const MountOptions& options) const {
  if (fs::exists(options.work / "work")) return;  // overlayfs makes it
  const auto parent = fs::Directory::open(options.upper.parent_path());
  const std::string name = options.upper.filename();
  if (!chain.root_layer) {
    parent.set_mode(name, kImpliedMode);
    return;
  }
  const auto root = MergedTree({store_.diff(*chain.root_layer)}).find("");
  copy_attributes(*root, parent, name);
  parent.set_mtime(name, root->status.st_mtim);
}

void OverlayDriver::mount(const MountOptions& options) {
  Chain chain = assemble(options.diff_ids);
  // overlayfs wants a lower folder, and two where there is no upper one.
  for (int i = 0; chain.folders.size() < (options.upper.empty() ? 2U : 1U); ++i) {
    chain.folders.push_back(store_.empty(i));
  }
  if (!options.upper.empty()) prepare_upper(chain, options);
  fs::mount_overlay({.lower = chain.folders, .upper = options.upper, .work = options.work, .target = options.target});
}

}  // namespace

std::unique_ptr<LayerDriver> open_overlay_driver(const std::filesystem::path& root) {
  return std::make_unique<OverlayDriver>(root);
}

}  // namespace davit::layer
