#include "transfer/archive_contents.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/strings.h"
#include "blob/blob_store.h"
#include "codec/compression.h"
#include "codec/hash.h"
#include "oci/manifest.h"
#include "transfer/archive_documents.h"
#include "transfer/counter.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

constexpr codec::TarReader::Limits kLimits = {.entries = 100'000, .name_bytes = 4096};
constexpr std::uint64_t kSmallBytes = 256 * 1024;         // one entry that waits in memory
constexpr std::uint64_t kMemoryBytes = 16 * 1024 * 1024;  // all of them
constexpr std::uint64_t kNamesBytes = 16 * 1024 * 1024;   // the names of all entries, and where links lead
constexpr std::size_t kHeadBytes = 512;                   // a tar header
constexpr int kLevel = 1;                                 // of gzip: docs/adr/0044
constexpr int kMostLinks = 8;                             // in a row

// Bzip2 is told when somebody wants to use it, with its name; until then it is bytes.
codec::Compression compression_of(base::ByteView head) {
  try {
    return codec::detect_compression(head);
  } catch (const Error& error) {
    if (error.code() != Code::kNotSupported) throw;
    return codec::Compression::kNone;
  }
}

bool is_tar(base::ByteView head) {
  if (head.size() < kHeadBytes) return false;
  if (base::as_text(head).substr(257, 5) == "ustar") return true;
  return std::all_of(head.begin(), head.end(), [](std::byte byte) { return byte == std::byte{0}; });  // an empty one
}

// Tells how far an entry has come.
class ToldSource final : public base::Source {
 public:
  ToldSource(base::Source& source, Counter counter) : source_(source), counter_(counter) {}
  std::size_t read(base::ByteSpan buffer) override {
    const std::size_t count = source_.read(buffer);
    counter_.add(count);
    return count;
  }

 private:
  base::Source& source_;
  Counter counter_;
};

// The digest in an entry's name by which users are told about it: a blob's, a diff ID, docker's old layer folder.
std::optional<oci::Digest> shown_digest(const std::string& name) {
  if (auto digest = blob_digest(name)) return digest;
  if (auto digest = layer_diff_id(name)) return digest;
  if (name.ends_with("/layer.tar")) return oci::Digest::try_parse("sha256:" + name.substr(0, name.size() - 10));
  return std::nullopt;
}

}  // namespace

ArchiveContents::ArchiveContents(store::Store& store, store::Lease& lease, KnownLayers& known, Progress& progress)
    : store_(store), lease_(lease), known_(known), progress_(progress) {}

void ArchiveContents::read(base::Source& tar) {
  codec::TarReader reader(tar, kLimits);
  while (const auto entry = reader.next()) take(*entry, reader);
  reader.drain();
}

void ArchiveContents::take(const codec::TarEntry& entry, codec::TarReader& reader) {
  const auto name = entry_name(entry.path);
  if (!name) {
    throw Error::format(Code::kInvalidArgument, "the archive's entry '{}' leads outside of it",
                        base::printable(entry.path));
  }
  names_bytes_ += name->size() + entry.link_target.size();
  if (names_bytes_ > kNamesBytes) {
    throw Error::format(Code::kInvalidArgument, "the names of the archive's entries take more than {} MiB",
                        kNamesBytes >> 20);
  }
  const auto add = [&](Entry made) {
    if (entries_.emplace(*name, std::move(made)).second) return;
    throw Error::format(Code::kInvalidArgument, "the archive has the entry '{}' twice", base::printable(*name));
  };
  switch (entry.type) {
    case codec::EntryType::kFile:
      if (entry.sparse) {
        throw Error::format(Code::kNotSupported, "the archive's entry '{}' is a sparse file", base::printable(*name));
      }
      add(take_file(*name, entry.size, reader.data()));
      break;
    case codec::EntryType::kSymlink:
      add(Link{link_target_name(*name, entry.link_target).value_or("")});
      break;
    case codec::EntryType::kHardLink:
      add(Link{entry_name(entry.link_target).value_or("")});
      break;
    default:
      break;  // folders, and what no image archive has
  }
}

ArchiveContents::Entry ArchiveContents::take_file(const std::string& name, std::uint64_t size, base::Source& data) {
  if (size <= kSmallBytes && in_memory_ + size <= kMemoryBytes) {
    in_memory_ += size;
    return Small{base::read_all(data, kSmallBytes)};
  }
  const auto store_from = [&](base::Source& source) {
    const auto digest = blob_digest(name);
    return digest ? store_blob(*digest, size, source) : store_unnamed(name, source);
  };
  const auto shown = shown_digest(name);
  if (!shown) return store_from(data);
  progress_.layer(*shown, LayerStatus::kLoading);
  ToldSource told(data, Counter(progress_, *shown, LayerStatus::kLoading, size));
  Entry stored = store_from(told);
  progress_.layer(*shown, LayerStatus::kLoaded);
  return stored;
}

// Bytes whose digest the archive tells.
ArchiveContents::Stored ArchiveContents::store_blob(const oci::Digest& digest, std::uint64_t size, base::Source& data) {
  lease_.add(digest);
  Stored stored{{.media_type = {}, .digest = digest, .size = size}, {}};
  const auto writer = store_.blobs().ingest(digest, size);
  base::NullSink rest;
  if (!writer || writer->is_whole()) {
    base::copy(data, rest);
    if (writer) writer->commit();
    return stored;
  }
  if (writer->offset() > 0 || writer->in_pieces()) writer->restart();
  base::copy(data, *writer);
  writer->commit();
  return stored;
}

// An entry that may be a docker-archive's layer, or anything else.
ArchiveContents::Stored ArchiveContents::store_unnamed(const std::string& name, base::Source& data) {
  std::array<std::byte, kHeadBytes> bytes{};
  const base::ByteView head = base::ByteView(bytes).first(base::read_full(data, bytes));
  base::MemorySource first(head);
  base::ConcatSource whole(first, data);
  const auto compression = compression_of(head);
  if (compression == codec::Compression::kXz) {  // there is no media type for it
    const auto tar = codec::decompress(whole, compression);
    return store_compressed(*tar);
  }
  if (compression != codec::Compression::kNone || !is_tar(head)) return store_as_it_is(whole);
  if (auto known = pass_known_layer(name, whole)) return *known;
  return store_compressed(whole);
}

ArchiveContents::Stored ArchiveContents::store_compressed(base::Source& tar) {
  const auto writer = store_.blobs().ingest_unknown();
  const auto compressed = codec::compress(*writer, codec::Compression::kGzip, kLevel, codec::compression_threads());
  codec::HashSink diff_id;
  base::TeeSink both(diff_id, *compressed);
  base::copy(tar, both);
  compressed->finish();
  lease_.add(writer->digest());
  return {writer->commit(), diff_id.digest()};
}

ArchiveContents::Stored ArchiveContents::store_as_it_is(base::Source& bytes) {
  const auto writer = store_.blobs().ingest_unknown();
  base::copy(bytes, *writer);
  lease_.add(writer->digest());
  return {writer->commit(), {}};
}

// Of a layer that an image here has, its blob serves again; the archive's bytes are only compared with their name.
std::optional<ArchiveContents::Stored> ArchiveContents::pass_known_layer(const std::string& name, base::Source& tar) {
  const auto told = layer_diff_id(name);
  if (!told) return std::nullopt;
  const oci::Descriptor* blob = known_.find_blob(*told);
  if (blob == nullptr) return std::nullopt;
  lease_.add(blob->digest);
  if (!store_.blobs().size(blob->digest)) return std::nullopt;
  codec::HashSink hash;
  base::copy(tar, hash);
  if (hash.digest() != *told) {
    throw Error::format(Code::kCorrupt, "the archive's entry '{}' has the digest {}", name, hash.digest().text());
  }
  return Stored{*blob, *told};
}

std::optional<std::string> ArchiveContents::resolve(std::string name) const {
  for (int links = 0; links <= kMostLinks; ++links) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return std::nullopt;
    const Link* link = std::get_if<Link>(&found->second);
    if (link == nullptr) return name;
    name = link->target;
  }
  return std::nullopt;
}

std::string ArchiveContents::resolve_named(const std::string& name, std::string_view named_by) const {
  const auto cleaned = entry_name(name);
  auto resolved = cleaned ? resolve(*cleaned) : std::nullopt;
  if (resolved) return std::move(*resolved);
  throw Error::format(Code::kInvalidArgument, "invalid archive: {} names '{}', which is not in it", named_by,
                      base::printable(name));
}

bool ArchiveContents::has(const std::string& name) const { return resolve(name).has_value(); }

std::string ArchiveContents::document(const std::string& name, std::string_view named_by) {
  const Entry& entry = entries_.at(resolve_named(name, named_by));
  if (const Small* small = std::get_if<Small>(&entry)) return small->bytes;
  const Stored& stored = std::get<Stored>(entry);
  if (stored.blob.size > oci::kMaxManifestBytes) {
    throw Error::format(Code::kInvalidArgument, "invalid archive: '{}' has {} bytes, more than the {} that davit reads",
                        base::printable(name), stored.blob.size, oci::kMaxManifestBytes);
  }
  return store_.blobs().read(stored.blob.digest, oci::kMaxManifestBytes);
}

bool ArchiveContents::bring(const oci::Digest& digest) {
  lease_.add(digest);
  if (store_.blobs().size(digest)) return true;
  const auto name = resolve(blob_name(digest));
  if (!name) return false;
  const Small* small = std::get_if<Small>(&entries_.at(*name));
  if (small == nullptr) return false;
  if (const oci::Digest got = codec::digest_of(small->bytes, digest.algorithm()); got != digest) {
    throw Error::format(Code::kCorrupt, "invalid archive: blob: expected {}, got {}", digest.text(), got.text());
  }
  store_.blobs().put(small->bytes, digest.algorithm());
  return true;
}

ArchiveContents::Layer ArchiveContents::layer(const std::string& name) {
  const std::string resolved = resolve_named(name, kDockerManifestName);
  Entry& entry = entries_.at(resolved);
  if (const Small* small = std::get_if<Small>(&entry)) {
    Stored stored{{.digest = codec::digest_of(small->bytes), .size = small->bytes.size()}, {}};
    if (const auto digest = blob_digest(resolved)) {
      bring(*digest);
      stored.blob.digest = *digest;
    } else {
      base::MemorySource bytes(small->bytes);
      stored = store_unnamed(resolved, bytes);
    }
    entry = std::move(stored);
  }
  const Stored& stored = std::get<Stored>(entry);
  std::array<std::byte, 6> bytes{};
  const auto blob = store_.blobs().open(stored.blob.digest);
  const auto compression = codec::detect_compression(base::ByteView(bytes).first(base::read_full(*blob, bytes)));
  return {.blob = stored.blob, .compression = compression, .diff_id = stored.diff_id};
}

}  // namespace davit::transfer
