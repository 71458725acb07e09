#pragma once
// An image archive, read once from its beginning to its end: its entries come in any order, so large ones go into the
// blob store as they pass and small ones wait in memory, until it is known what they are.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "base/io.h"
#include "codec/compression.h"
#include "codec/tar.h"
#include "oci/descriptor.h"
#include "store/store.h"
#include "transfer/known_layers.h"
#include "transfer/progress.h"

namespace davit::transfer {

class ArchiveContents {
 public:
  // All outlive it. What goes into the store is leased first.
  ArchiveContents(store::Store& store, store::Lease& lease, KnownLayers& known, Progress& progress);

  // Reads the tar archive to its end. Throws Error(kCorrupt or kInvalidArgument) saying what is wrong with it.
  void read(base::Source& tar);

  // Whether there is a file of that name, or a link to one.
  bool has(const std::string& name) const;
  // A document of at most 4 MiB. Throws Error(kInvalidArgument) naming one that is not there; `named_by` is who names
  // it.
  std::string document(const std::string& name, std::string_view named_by);

  // Whether the blob is in the store: it is put there where the archive has it. Leased before it is looked for. Throws
  // Error(kCorrupt) for bytes of another digest.
  bool bring(const oci::Digest& digest);

  // A layer of a docker-archive, as a blob in the store: a compressed one as it is, a plain one compressed to gzip.
  struct Layer {
    oci::Descriptor blob;  // without a media type: that is the manifest's to say
    codec::Compression compression = codec::Compression::kNone;
    std::optional<oci::Digest> diff_id;  // where the content went by already
  };
  Layer layer(const std::string& name);

 private:
  struct Link {
    std::string target;  // an entry's name; empty: outside
  };
  struct Small {
    std::string bytes;
  };
  struct Stored {
    oci::Descriptor blob;
    std::optional<oci::Digest> diff_id;
  };
  using Entry = std::variant<Link, Small, Stored>;

  void take(const codec::TarEntry& entry, codec::TarReader& reader);
  Entry take_file(const std::string& name, std::uint64_t size, base::Source& data);
  Stored store_blob(const oci::Digest& digest, std::uint64_t size, base::Source& data);
  Stored store_unnamed(const std::string& name, base::Source& data);
  Stored store_compressed(base::Source& tar);
  Stored store_as_it_is(base::Source& bytes);
  std::optional<Stored> pass_known_layer(const std::string& name, base::Source& tar);
  // The entry of that name, or to which a link of that name leads; nothing where there is none.
  std::optional<std::string> resolve(std::string name) const;
  // The same for a name that a document gives; throws Error(kInvalidArgument) where there is none.
  std::string resolve_named(const std::string& name, std::string_view named_by) const;

  store::Store& store_;
  store::Lease& lease_;
  KnownLayers& known_;
  Progress& progress_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::uint64_t in_memory_ = 0;    // bytes of what is Small
  std::uint64_t names_bytes_ = 0;  // of all entries
};

}  // namespace davit::transfer
