#pragma once
// A layer's record on disk: docs/formats/layers.md.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layer/layer_driver.h"

namespace davit::layer {

inline constexpr int kOverlayFormat = 1;

struct OverlayRecord {
  LayerRecord layer;
  bool root_listed = false;   // its own "./" decides the attributes of /
  bool root_special = false;  // and they are not the usual ones: 0755, root's, no xattrs
  bool root_opaque = false;   // nothing of lower layers is to be seen
  // Bytes of disk of the layer's whole folder, measured when it was whole; absent until somebody asked.
  std::optional<std::uint64_t> measured;
};

// Writes layer.json, and `implied` where there are such folders, into a layer's folder. layer.json comes last: a folder
// that has it is whole.
void write_overlay_record(const std::filesystem::path& folder, const OverlayRecord& record,
                          const std::vector<std::string>& implied);

// Writes the record of a layer that is in use anew, durably: with what was measured since. Throws Error(kNotFound) when
// the layer was removed meanwhile.
void rewrite_overlay_record(const std::filesystem::path& folder, const OverlayRecord& record);

// Nothing when the folder or its layer.json is missing. Throws Error(kNotSupported) where a newer format wrote it,
// Error(kCorrupt) naming the file where it is damaged.
std::optional<OverlayRecord> read_overlay_record(const std::filesystem::path& folder);
std::vector<std::string> read_implied(const std::filesystem::path& folder);

}  // namespace davit::layer
