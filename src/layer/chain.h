#pragma once
// The folders that an overlay mount of a chain of layers is made of, whatever forms the layers have. What fits a layer
// with implied folders to those below it is made on first use and kept: docs/adr/0016.

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "layer/layer_driver.h"

namespace davit::layer {

// A layer of a chain, shown.
struct ChainLayer {
  KeptLayer kept;
  std::filesystem::path folder;  // the driver's for it: record, list of implied folders
  ShownLayer shown;
};

struct Chain {
  std::vector<std::filesystem::path> folders;  // top first
  std::optional<std::filesystem::path> root;   // the tree of the layer that decides the attributes of /
};

// Kept in an overlay driver's folder: adapted/ and empty/. Safe for use by any number of threads and processes.
class Chains {
 public:
  explicit Chains(const LayerFolders& folders);  // which outlive it

  // Bottom first. At least so many folders: overlayfs wants a lower one, and two where there is no upper one.
  Chain assemble(const std::vector<ChainLayer>& layers, std::size_t at_least) const;
  // Gives a container's new upper folder the attributes of the image's root: the upper folder's are those of /.
  static void prepare_upper(const Chain& chain, const std::filesystem::path& upper);
  // Removes adapted layers of chains that are no longer whole. Returns the bytes given back.
  std::uint64_t remove_stale(const std::function<bool(const oci::Digest&)>& is_here) const;

 private:
  std::filesystem::path adapted() const { return folders_.folder() / "adapted"; }
  // Two empty folders: overlayfs takes no folder twice.
  std::filesystem::path empty(std::size_t which) const { return folders_.folder() / "empty" / std::to_string(which); }
  std::optional<std::filesystem::path> adapted_layer(const std::vector<ChainLayer>& layers, std::size_t count,
                                                     const oci::Digest& chain,
                                                     const std::vector<std::filesystem::path>& below) const;
  void make_adapted(const std::vector<ChainLayer>& layers, std::size_t count, const std::filesystem::path& place,
                    const std::vector<std::filesystem::path>& below) const;

  const LayerFolders& folders_;
};

}  // namespace davit::layer
