#include "layer/chain.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "codec/hash.h"
#include "layer/adapted_layer.h"
#include "layer/overlay_form.h"

namespace davit::layer {

namespace fs = base::fs;
namespace json = boost::json;
namespace stdfs = std::filesystem;

namespace {

constexpr const char* kAdaptedRecord = "adapted.json";
constexpr std::size_t kEmptyFolders = 2;

// OCI image-spec, config.md, "Layer ChainID": names a layer together with all below it.
oci::Digest chain_id(const std::optional<oci::Digest>& below, const oci::Digest& diff_id) {
  return below ? codec::digest_of(below->text() + " " + diff_id.text()) : diff_id;
}

}  // namespace

Chains::Chains(const LayerFolders& folders) : folders_(folders) {
  if (fs::exists(empty(kEmptyFolders - 1))) return;
  fs::make_directories(adapted());
  for (std::size_t which = 0; which < kEmptyFolders; ++which) fs::make_directories(empty(which), 0755);
}

Chain Chains::assemble(const std::vector<ChainLayer>& layers, std::size_t at_least) const {
  Chain chain;
  std::optional<oci::Digest> id;
  std::optional<stdfs::path> special_root;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const KeptLayer& kept = layers[i].kept;
    const stdfs::path& tree = layers[i].shown.tree;
    id = chain_id(id, kept.layer.diff_id);
    // overlayfs does not look for the mark of opaqueness at the root itself.
    if (kept.root_opaque) chain.folders.clear();
    std::optional<stdfs::path> adapted;
    if (kept.layer.has_implied_folders && !chain.folders.empty()) {
      adapted = adapted_layer(layers, i + 1, *id, chain.folders);
    }
    if (kept.layer.entries > 0) {
      // A layer that comes twice: all that its lower occurrence has is hidden by the upper, and overlayfs takes none
      // twice.
      std::erase(chain.folders, tree);
      chain.folders.insert(chain.folders.begin(), tree);
    }
    if (adapted) chain.folders.insert(chain.folders.begin(), *adapted);
    if (kept.root_listed) {
      chain.root = tree;
      special_root = kept.root_special ? std::make_optional(layers[i].folder / kRootAttributesName) : std::nullopt;
    }
  }
  if (special_root) chain.folders.insert(chain.folders.begin(), *special_root);
  for (std::size_t i = 0; chain.folders.size() < at_least; ++i) chain.folders.push_back(empty(i));
  return chain;
}

// The layer that fits the topmost of the first `count` layers to those below; made on first use, kept under their chain
// ID.
std::optional<stdfs::path> Chains::adapted_layer(const std::vector<ChainLayer>& layers, std::size_t count,
                                                 const oci::Digest& chain,
                                                 const std::vector<stdfs::path>& below) const {
  const stdfs::path place = adapted() / chain.hex();
  if (!fs::exists(place / kAdaptedRecord)) {
    const std::string lock_name = "adapted-" + chain.hex();
    auto lock = folders_.lock(lock_name);
    if (!fs::exists(place / kAdaptedRecord)) make_adapted(layers, count, place, below);
    folders_.release(std::move(lock), lock_name);
  }
  // One that had nothing to fit is empty of all but its record.
  const stdfs::path diff = place / "diff";
  return fs::exists(diff) ? std::make_optional(diff) : std::nullopt;
}

void Chains::make_adapted(const std::vector<ChainLayer>& layers, std::size_t count, const stdfs::path& place,
                          const std::vector<stdfs::path>& below) const {
  const ChainLayer& top = layers[count - 1];
  // Under the lock of that name: staging folders that nobody holds are removed.
  const std::string name = "adapted-" + place.filename().string();
  const stdfs::path staged = folders_.staging() / name;
  const fs::FilesystemSync durable(folders_.folder());
  fs::remove_tree(staged);
  fs::make_directory(staged);
  const bool needed = make_adapted_layer(MergedTree(below), top.shown.tree, read_implied(top.folder),
                                         fs::Directory::open(staged), "diff");
  if (!needed) fs::remove_tree(staged / "diff");
  json::array diff_ids;
  for (std::size_t i = 0; i < count; ++i) diff_ids.emplace_back(layers[i].kept.layer.diff_id.text());
  fs::write_file(staged / kAdaptedRecord,
                 json::serialize(json::object{{"format", kLayerFormat}, {"diff_ids", diff_ids}}) + "\n");
  durable.sync();
  fs::remove_tree(place);
  fs::rename(staged, place);
  fs::sync_directory(adapted());
}

std::uint64_t Chains::remove_stale(const std::function<bool(const oci::Digest&)>& is_here) const {
  std::uint64_t bytes = 0;
  for (const auto& name : fs::list(adapted())) {
    const stdfs::path place = adapted() / name;
    const auto text = fs::read_file_if_exists(place / kAdaptedRecord);
    if (!text) continue;
    bool whole = false;  // and a damaged record is none: the layer is made anew when it is needed
    try {
      const json::value record = json::parse(*text);
      const auto& layers = record.at("diff_ids").as_array();
      whole = std::all_of(layers.begin(), layers.end(), [&](const json::value& layer) {
        return is_here(oci::Digest::parse(std::string_view(layer.as_string())));
      });
    } catch (const std::exception& error) {
      base::log::warn("'{}' is damaged: {}", (place / kAdaptedRecord).string(), error.what());
    }
    if (!whole) bytes += folders_.discard(place);
  }
  return bytes;
}

void Chains::prepare_upper(const Chain& chain, const stdfs::path& upper) {
  const auto parent = fs::Directory::open(upper.parent_path());
  const std::string name = upper.filename();
  if (!chain.root) {
    parent.set_mode(name, kImpliedMode);
    return;
  }
  const auto root = MergedTree({*chain.root}).find("");
  copy_attributes(*root, parent, name);
  parent.set_mtime(name, root->status.st_mtim);
}

}  // namespace davit::layer
