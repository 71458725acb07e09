#pragma once
// The unpacked layers of a store, and how a container's root is made of them. A layer is keyed by its diff ID and
// unpacked without knowing its parents, in the form of the driver that was the default then (layer_driver.h). Safe for
// use by any number of threads and processes.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fs/file.h"
#include "base/io.h"
#include "oci/digest.h"

namespace davit::layer {

// What is known of an unpacked layer. docs/formats/layers.md.
struct LayerRecord {
  oci::Digest diff_id;
  std::string driver;            // "overlay", "erofs"
  int format = 1;                // of the driver's form
  std::uint64_t size = 0;        // bytes of files and symlinks' targets, each link group once: docker's layer size
  std::uint64_t disk_bytes = 0;  // of the blocks that all of it takes, as reckoned when it was unpacked
  std::uint64_t entries = 0;
  bool has_implied_folders = false;  // folders the archive implies but does not list
};

// A layer that is unpacked but not yet visible; see LayerStore::stage. Destroyed before commit(), it is removed.
class StagedLayer {
 public:
  virtual ~StagedLayer() = default;
  // Makes it visible under its diff ID. The caller has made its bytes durable (LayerStore::sync) before.
  virtual LayerRecord commit() = 0;
  // The layer's folder until then, for what others keep with it.
  virtual std::filesystem::path folder() const = 0;
};

// In a layer's folder: where the members of its blob begin (docs/formats/gzip.md), if there are several.
inline constexpr const char* kMembersName = "members";

// What the layers take of the disk: blocks, as du(1) counts them.
struct LayersUsage {
  std::unordered_map<oci::Digest, std::uint64_t> layers;  // by diff ID
  std::uint64_t other = 0;                                // folders of the drivers' own, work under way
};

// A container's root file system, mounted. Unmounting is explicit: it outlives the process that made it.
struct MountOptions {
  std::vector<oci::Digest> diff_ids;  // bottom first
  std::filesystem::path upper;        // the container's own writes; empty: read-only
  std::filesystem::path work;         // overlayfs's scratch folder beside `upper`
  std::filesystem::path target;       // an existing folder
};

// The driver for new layers, and why it is that one.
struct DriverChoice {
  std::string name;
  std::string why;
};

class LayerStore {
 public:
  virtual ~LayerStore() = default;
  virtual DriverChoice driver() const = 0;

  // In whatever form it is here.
  virtual std::optional<LayerRecord> find(const oci::Digest& diff_id) const = 0;

  // Unpacks an uncompressed tar, read to its end, and checks that it has the diff ID (Error(kCorrupt) "expected …, got
  // …"). Blocks while another process unpacks the same layer. Returns nothing when the layer is there already, and
  // where another has it staged but not yet committed that same staged layer: having read nothing of `tar` in both
  // cases. So it never waits for a commit, and several layers may be staged, in any order, before the first is
  // committed. An archive that would reach outside, or makes a device 0:0, is refused: Error(kInvalidArgument) naming
  // the entry. The result must not outlive the store.
  virtual std::unique_ptr<StagedLayer> stage(const oci::Digest& diff_id, base::Source& tar) = 0;
  // Makes all that was staged so far durable. Once for several layers.
  virtual void sync() = 0;

  // Removes a layer. Idempotent. Returns the bytes of disk given back. Whether it is needed is the caller's to know.
  virtual std::uint64_t remove(const oci::Digest& diff_id) = 0;
  virtual std::vector<oci::Digest> list() const = 0;

  // Removes what commands that died left half done. Returns the bytes of disk given back, those of a cleaning when the
  // store was opened included.
  virtual std::uint64_t clean() = 0;

  // Measures all that it keeps: a large layer once in its life, what comes and goes meanwhile counted or not.
  virtual LayersUsage disk_usage() const = 0;

  // Mounts the merged tree of a chain, whose layers may be of several forms; one whose form is missing or damaged is
  // made again first. Throws Error(kNotFound) naming a layer that is not here. `target` is mounted in the caller's
  // mount namespace.
  virtual void mount(const MountOptions& options) = 0;
  // The same tree as a mount that is attached nowhere: it ends with the descriptor, whatever becomes of this process.
  // Of the options `target` says nothing.
  virtual base::fs::FileDescriptor open(const MountOptions& options) = 0;
  // Undoes mount(), also one that died halfway, and in whichever mount namespace it was made. Idempotent.
  virtual void unmount(const std::filesystem::path& target) = 0;
};

struct LayerStoreOptions {
  std::filesystem::path root;   // the layers are in ROOT/overlay and ROOT/erofs
  std::filesystem::path run;    // erofs layers are mounted under it
  std::string driver = "auto";  // or "overlay", "erofs"
  // Gives the tar of a layer from elsewhere (its blob), or null where there is none: for layers that are to be made
  // again.
  std::function<std::unique_ptr<base::Source>(const oci::Digest& diff_id)> source = {};
};

// Throws Error(kNotSupported) naming the folder, its file system and what to do where that cannot carry an overlay's
// upper folder (probed by a mount once per store and boot), or where the driver that was asked for does not work;
// Error(kInvalidArgument) for an unknown driver.
std::unique_ptr<LayerStore> open_layers(LayerStoreOptions options);

}  // namespace davit::layer
