#pragma once
// A store: one folder with everything davit keeps, and the run folder beside it. Opens and creates it, checks its
// version, and gives out its parts. See docs/formats/store.md for the layout.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "layer/layer_store.h"
#include "store/image_store.h"

namespace davit::store {

// Content that must not be removed while its owner works (a pull, a push, an import, a container's creation). A file
// held by an OFD lock: void when the process dies.
class Lease {
 public:
  virtual ~Lease() = default;
  // From the return of this call on, no collection removes the digest (a blob's or a layer's), whether or not it is
  // here yet. Safe for use by several threads.
  virtual void add(const oci::Digest& digest) = 0;
};

class Store {
 public:
  struct Options {
    std::filesystem::path root;
    std::filesystem::path run;
    HistoryPolicy history;
    std::string storage_driver = "auto";  // of new layers: "overlay", "erofs"; layer::LayerStoreOptions
    // Whether pulls leave the compressed blobs of layers whose form holds all of their bytes (erofs).
    bool keep_compressed = true;
    // The tar of a layer from an image's blob, or null: for layers that are to be made again.
    std::function<std::unique_ptr<base::Source>(Store& store, const oci::Digest& diff_id)> layer_source = {};
    // Opens the layers; layer::open_layers unless told otherwise.
    std::function<std::unique_ptr<layer::LayerStore>(layer::LayerStoreOptions options)> open_layers = {};
  };

  // Opens the store, making it where the folder is missing or empty. Throws Error(kNotSupported) where a newer davit
  // wrote it, Error(kPermissionDenied) naming the folder where it cannot be written, Error(kConflict) where the folder
  // holds something else.
  explicit Store(Options options);
  ~Store();

  const std::filesystem::path& root() const;
  const std::filesystem::path& run() const;
  bool keep_compressed() const;
  const std::string& id() const;  // 32 hex digits, random, for the life of the store

  // Its parts, each opened on the first call. Safe for use by several threads, but see ImageStore.
  blob::BlobStore& blobs();
  ImageStore& images();
  layer::LayerStore& layers();  // probed on the first call

  std::unique_ptr<Lease> lease();

  struct CollectOptions {
    std::vector<oci::Digest> extra_roots;  // images that containers use
    // What interrupted commands left goes too, if nobody leases it; partial blobs else only when they are older than a
    // day.
    bool partial = false;
  };
  // What is needed by nothing: not by an image record, a tag, what history pins, a lease, or an extra root. Removes it
  // and returns what went. Runs alone (one collection at a time), in a race with nothing.
  struct Collected {
    std::vector<oci::Digest> blobs, layers;
    std::uint64_t bytes = 0;  // of disk, given back: blocks as du(1) counts them
  };
  Collected collect(const CollectOptions& options);
  // What a collection would remove at this moment: blobs and layers alone.
  Collected find_garbage(const std::vector<oci::Digest>& extra_roots);

  // Bytes of disk of all in the folder but blobs, layers and containers: journal, index, records, locks, run state.
  std::uint64_t other_disk_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::store
