#pragma once
// A layer's record on disk: docs/formats/layers.md.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layer/layer_store.h"

namespace davit::layer {

inline constexpr int kLayerFormat = 1;
// In a layer's folder, where root_special: an empty folder with the attributes of the layer's root.
inline constexpr const char* kRootAttributesName = "root";

// A layer as its folder tells.
struct KeptLayer {
  LayerRecord layer;
  bool root_listed = false;   // its own "./" decides the attributes of /
  bool root_special = false;  // and they are not the usual ones: 0755, root's, no xattrs
  bool root_opaque = false;   // nothing of lower layers is to be seen
  // Bytes of disk of the layer's whole folder, measured when it was whole; absent until somebody asked.
  std::optional<std::uint64_t> measured;
  // Of erofs: SHA-256 of `image`, and whether there is the file `beside`.
  std::optional<oci::Digest> image;
  bool has_beside = false;
};

// Writes layer.json, and `implied` where there are such folders, into a layer's folder. layer.json comes last: a folder
// that has it is whole.
void write_layer_record(const std::filesystem::path& folder, const KeptLayer& record,
                        const std::vector<std::string>& implied);

// Writes the record of a layer that is in use anew, durably: with what was measured since. Throws Error(kNotFound) when
// the layer was removed meanwhile.
void rewrite_layer_record(const std::filesystem::path& folder, const KeptLayer& record);

// Nothing when the folder or its layer.json is missing. Throws Error(kNotSupported) where a newer format wrote it,
// Error(kCorrupt) naming the file where it is damaged.
std::optional<KeptLayer> read_layer_record(const std::filesystem::path& folder);
std::vector<std::string> read_implied(const std::filesystem::path& folder);

}  // namespace davit::layer
