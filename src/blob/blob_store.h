#pragma once
// Write-once, content-addressed files. One folder per algorithm, named by digest; see docs/formats/blobs.md.
// Safe for use by any number of threads and processes.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/io.h"
#include "oci/descriptor.h"

namespace davit::blob {

class BlobWriter;
class SealedBlob;

// What the blobs take of the disk: blocks, as du(1) counts them.
struct BlobsUsage {
  std::unordered_map<oci::Digest, std::uint64_t> blobs;
  std::uint64_t partial = 0;  // blobs on their way, or left by an attempt that was interrupted
  std::uint64_t other = 0;    // folders, and what is in quarantine
};

class BlobStore {
 public:
  struct Options {
    std::filesystem::path root;  // holds sha256/, sha512/, ingest/, quarantine/
  };

  // Opens the store, making its folders if they are missing.
  explicit BlobStore(Options options);

  // The blob's size in bytes, or nothing when it is not here. One stat(2); reads no content.
  std::optional<std::uint64_t> size(const oci::Digest& digest) const;

  // A source over [offset, size). Throws Error(kNotFound). The reader keeps working when the blob is removed meanwhile.
  std::unique_ptr<base::Source> open(const oci::Digest& digest, std::uint64_t offset = 0) const;

  // The whole of a small blob (a manifest, a config); throws Error(kInvalidArgument) past the limit, kNotFound, and
  // kCorrupt when the bytes do not have the digest: then the blob is put aside, so that the next pull fetches it again.
  std::string read(const oci::Digest& digest, std::size_t limit) const;

  // Stores a small blob whose bytes are in memory; returns its digest. Durable on return. Fine when it is here already.
  oci::Digest put(std::string_view bytes, oci::Algorithm algorithm = oci::Algorithm::kSha256);

  // The same as the first of two steps: see SealedBlob. Of a blob that is here already a second copy, which commit()
  // drops.
  std::unique_ptr<SealedBlob> seal(std::string_view bytes, oci::Algorithm algorithm = oci::Algorithm::kSha256);

  // Makes sealed blobs visible, durably: `sync` makes all that was written to the store's file system so far durable
  // (sync() does, unless more than blobs is to be synced), then all are named. Names that others gave before are
  // durable on return, too. When the sync fails their bytes are dropped: the kernel may call the next sync a success.
  void commit(std::vector<std::unique_ptr<SealedBlob>> blobs, const std::function<void()>& sync);
  void sync();  // syncfs(2)

  // Drops the bytes of a sealed blob, unless another still has them.
  void give_up(std::unique_ptr<SealedBlob> blob);

  // Continues the partial blob of that digest, or begins one. Blocks while another process or thread writes it
  // (interrupts end the wait), then finds the finished blob (returns nothing), what that one left (continues), or,
  // where it is sealed but not committed yet, all of it (BlobWriter::is_whole).
  std::unique_ptr<BlobWriter> ingest(const oci::Digest& digest, std::uint64_t size);

  // Begins a blob whose digest is not known yet (import, build).
  std::unique_ptr<BlobWriter> ingest_unknown();

  // Removes the blob. Idempotent. Returns the bytes given back to the disk. Whether it is needed is the caller's to
  // know.
  std::uint64_t remove(const oci::Digest& digest);

  // Every complete blob, in no order.
  std::vector<oci::Digest> list() const;

  // Removes partial blobs that nobody holds and that were not written to for `age_seconds`, but for those of `keep`.
  // Returns the bytes given back.
  std::uint64_t remove_abandoned(std::uint64_t age_seconds, const std::unordered_set<oci::Digest>& keep = {});

  BlobsUsage disk_usage() const;

  // Moves a blob found to be damaged aside, so that it is fetched again.
  void quarantine(const oci::Digest& digest) const;

  const std::filesystem::path& root() const { return options_.root; }

 private:
  std::unique_ptr<BlobWriter> begin_unknown(oci::Algorithm algorithm);

  Options options_;
};

// A blob being written, held by a lock that dies with the process. Destroyed before commit(), it leaves its bytes for
// the next ingest of the same digest (one of unknown digest is removed). Not for two threads at once, but for what says
// so.
class BlobWriter final : public base::Sink {
 public:
  ~BlobWriter() override;
  // Whether another has sealed it and holds it still: all bytes are there, verified, and none is to be written; seal()
  // or commit() gives the blob to us as well. So nobody waits for another's commit.
  bool is_whole() const;
  // Bytes that are there already, from an earlier attempt. They are hashed by existing() when it is read.
  std::uint64_t offset() const;
  // A source over the bytes from earlier attempts; to be read to its end before the first write, by whoever needs to
  // see them (the inflating side of a pull). If it is not read, the first write or commit() reads them for the hash.
  base::Source& existing();
  // Starts anew: drops what is there (the server ignored our range).
  void restart();

  // Writing in pieces, in any order. A partial blob that was written so is told by its file: it stays so until
  // end_pieces(), and is resumed with all its pieces.
  bool in_pieces() const;
  void begin_pieces();  // only of a blob whose digest is known
  // Keeps what is there from the beginning on without a gap, to go on by write().
  void end_pieces();
  struct Range {
    std::uint64_t begin, end;
    bool operator==(const Range&) const = default;
  };
  std::vector<Range> missing() const;  // in order
  // Safe for use by several threads, also beside existing(), which gives in order what is there without a gap. Error
  // as write()'s past the end.
  void write_at(std::uint64_t offset, base::ByteView bytes);
  // How much is there without a gap, from the beginning on.
  std::uint64_t arrived() const;

  // Error(kCorrupt) and the bytes are dropped as soon as there are more than were told.
  void write(base::ByteView bytes) override;
  // Of all bytes so far. Whoever does not know a blob's digest leases it before commit() makes it visible.
  oci::Digest digest() const;
  // Verifies size and digest. Throws Error(kCorrupt) "expected …, got …" and drops the bytes when they are not what was
  // told. Ends the writing.
  std::unique_ptr<SealedBlob> seal();
  // Seals, syncs the file alone and names it.
  oci::Descriptor commit();
  // Drops the bytes and the claim.
  void discard();

 private:
  friend class BlobStore;
  struct State;
  explicit BlobWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A blob that is whole and verified, but neither visible nor durable yet, so that one sync can serve many. It is held
// by a shared lock: others who want the blob get it, too. Destroyed before BlobStore::commit, it leaves its bytes for
// the next ingest (one whose digest was unknown is removed).
class SealedBlob {
 public:
  ~SealedBlob();
  const oci::Digest& digest() const;
  std::uint64_t size() const;
  // Its bytes, before they are visible. This outlives the source.
  std::unique_ptr<base::Source> open() const;

 private:
  friend class BlobStore;
  friend class BlobWriter;
  struct State;
  explicit SealedBlob(std::unique_ptr<State> state);
  static void commit(const std::vector<SealedBlob*>& blobs, const std::function<void()>& sync,
                     std::vector<std::filesystem::path> folders);
  std::unique_ptr<State> state_;
};

}  // namespace davit::blob
