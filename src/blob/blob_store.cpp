#include "blob/blob_store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/interrupt.h"
#include "base/strings.h"
#include "blob/blob_writer_state.h"

namespace davit::blob {

namespace fs = base::fs;
using base::Code;
using base::Error;
using base::FileLock;
using std::filesystem::path;

namespace {

constexpr oci::Algorithm kAlgorithms[] = {oci::Algorithm::kSha256, oci::Algorithm::kSha512};

path folder_of(const path& root, oci::Algorithm algorithm) { return root / name(algorithm); }

path path_of(const path& root, const oci::Digest& digest) { return folder_of(root, digest.algorithm()) / digest.hex(); }

std::string file_name(const oci::Digest& digest) { return std::string(name(digest.algorithm())) + "-" + digest.hex(); }

// The reverse of file_name(); nothing for a blob whose digest is not known yet.
std::optional<oci::Digest> digest_of_name(std::string name) {
  if (const std::size_t dash = name.find('-'); dash != std::string::npos) name[dash] = ':';
  return oci::Digest::try_parse(name);
}

// Nothing when the name is missing.
std::optional<struct stat> status_of(const path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  base::throw_errno(errno, "stat " + path.string());
}

base::Time written_at(const struct stat& status) {
  return base::Time(std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

}  // namespace

BlobStore::BlobStore(Options options) : options_(std::move(options)) {
  for (const oci::Algorithm algorithm : kAlgorithms) fs::make_directories(folder_of(options_.root, algorithm));
  fs::make_directories(options_.root / "ingest");
  fs::make_directories(options_.root / "quarantine");
}

std::optional<std::uint64_t> BlobStore::size(const oci::Digest& digest) const {
  const auto status = status_of(path_of(options_.root, digest));
  if (!status) return std::nullopt;
  return static_cast<std::uint64_t>(status->st_size);
}

std::unique_ptr<base::Source> BlobStore::open(const oci::Digest& digest, std::uint64_t offset) const {
  auto file = fs::File::open_if_exists(path_of(options_.root, digest));
  if (!file) throw Error::format(Code::kNotFound, "blob {} is not in '{}'", digest.text(), options_.root.string());
  return std::make_unique<fs::FileSource>(std::move(*file), offset);
}

std::string BlobStore::read(const oci::Digest& digest, std::size_t limit) const {
  const auto source = open(digest);
  try {
    std::string bytes = base::read_all(*source, limit);
    const oci::Digest actual = codec::digest_of(bytes, digest.algorithm());
    if (actual != digest) {
      quarantine(digest);
      throw Error::format(Code::kCorrupt,
                          "a blob was damaged and is put aside: expected {}, got {}; pull the image again",
                          digest.text(), actual.text());
    }
    return bytes;
  } catch (Error& error) {
    error.add_frame("while reading blob '{}'", path_of(options_.root, digest).string());
    throw;
  }
}

oci::Digest BlobStore::put(std::string_view bytes, oci::Algorithm algorithm) {
  const oci::Digest digest = codec::digest_of(bytes, algorithm);
  if (size(digest)) {
    // Whoever named it may not have come to the sync of the folder yet.
    fs::sync_directory(folder_of(options_.root, algorithm));
    return digest;
  }
  // Not through the shared partial file: a slow download of the same blob may hold it, and the bytes are here.
  const auto writer = begin_unknown(algorithm);
  writer->write(base::as_byte_view(bytes));
  return writer->commit().digest;
}

std::unique_ptr<SealedBlob> BlobStore::seal(std::string_view bytes, oci::Algorithm algorithm) {
  const auto writer = begin_unknown(algorithm);
  writer->write(base::as_byte_view(bytes));
  return writer->seal();
}

void BlobStore::commit(std::vector<std::unique_ptr<SealedBlob>> blobs, const std::function<void()>& sync) {
  std::vector<SealedBlob*> all;
  for (const auto& blob : blobs) all.push_back(blob.get());
  std::vector<path> folders;
  for (const oci::Algorithm algorithm : kAlgorithms) folders.push_back(folder_of(options_.root, algorithm));
  SealedBlob::commit(all, sync, std::move(folders));
}

void BlobStore::sync() { fs::sync_filesystem(options_.root); }

// Who shares it may be about to commit it. So its lock is let go, and whoever then gets the file alone removes it: the
// last to give it up.
void BlobStore::give_up(std::unique_ptr<SealedBlob> blob) {
  const path partial = options_.root / "ingest" / file_name(blob->digest());
  blob.reset();
  const auto lock = FileLock::try_acquire(partial);
  if (lock && lock->still_named(partial)) fs::remove(partial);
}

// Only writing is exclusive. A blob that is whole, but not yet committed, is shared by all who want it: were the lock
// exclusive until the commit, two pulls could each wait for a blob that the other has sealed. docs/adr/0061.
std::unique_ptr<BlobWriter> BlobStore::ingest(const oci::Digest& digest, std::uint64_t size_expected) {
  const path partial = options_.root / "ingest" / file_name(digest);
  auto pause = std::chrono::milliseconds(1);
  while (true) {
    if (size(digest)) return nullptr;
    if (auto held = FileLock::try_acquire_either(partial)) {
      // Whoever held it before may have committed it (this is the blob now) or dropped it.
      if (!held->lock.still_named(partial)) continue;
      const bool is_here = size(digest).has_value();
      if (held->exclusive && is_here) {
        fs::remove(partial);
        return nullptr;
      }
      // Held by those who have sealed it, or for a moment by others who ask as we do.
      if (held->exclusive || held->lock.is_marked()) {
        return std::unique_ptr<BlobWriter>(new BlobWriter(std::make_unique<BlobWriter::State>(
            std::move(held->lock), folder_of(options_.root, digest.algorithm()), digest.algorithm(),
            BlobWriter::State::Expected{digest, size_expected}, !held->exclusive)));
      }
    }
    base::check_interrupted();
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  }
}

std::unique_ptr<BlobWriter> BlobStore::ingest_unknown() { return begin_unknown(oci::Algorithm::kSha256); }

std::unique_ptr<BlobWriter> BlobStore::begin_unknown(oci::Algorithm algorithm) {
  while (true) {
    const path partial = options_.root / "ingest" / ("unknown-" + base::random_hex(16));
    FileLock lock = FileLock::acquire(partial);
    if (!lock.still_named(partial)) continue;  // taken for abandoned between its creation and its lock
    return std::unique_ptr<BlobWriter>(new BlobWriter(std::make_unique<BlobWriter::State>(
        std::move(lock), folder_of(options_.root, algorithm), algorithm, std::nullopt, false)));
  }
}

std::uint64_t BlobStore::remove(const oci::Digest& digest) {
  const path path = path_of(options_.root, digest);
  const auto status = status_of(path);
  if (!status || !fs::remove(path)) return 0;
  return status->st_nlink == 1 ? static_cast<std::uint64_t>(status->st_blocks) * 512 : 0;
}

std::vector<oci::Digest> BlobStore::list() const {
  std::vector<oci::Digest> digests;
  for (const oci::Algorithm algorithm : kAlgorithms) {
    for (const std::string& hex : fs::list(folder_of(options_.root, algorithm))) {
      if (auto digest = oci::Digest::try_parse(std::string(name(algorithm)) + ":" + hex))
        digests.push_back(std::move(*digest));
    }
  }
  return digests;
}

std::uint64_t BlobStore::remove_abandoned(std::uint64_t age_seconds, const std::unordered_set<oci::Digest>& keep) {
  std::uint64_t bytes = 0;
  for (const std::string& name : fs::list(options_.root / "ingest")) {
    if (const auto digest = digest_of_name(name); digest && keep.contains(*digest)) continue;
    const path partial = options_.root / "ingest" / name;
    const auto lock = FileLock::try_acquire(partial);
    if (!lock || !lock->still_named(partial)) continue;
    const auto status = status_of(partial);
    if (!status) continue;
    // An empty one holds nothing that a next attempt could use, whatever its age; it may even be made by the lock
    // above.
    const bool old = base::now() - written_at(*status) >= std::chrono::seconds(age_seconds);
    if ((old || status->st_size == 0) && fs::remove(partial))
      bytes += static_cast<std::uint64_t>(status->st_blocks) * 512;
  }
  return bytes;
}

BlobsUsage BlobStore::disk_usage() const {
  BlobsUsage usage;
  for (const oci::Digest& digest : list()) {
    usage.blobs.emplace(digest, fs::disk_bytes_of(path_of(options_.root, digest)));
  }
  usage.other = fs::disk_bytes_of(options_.root);
  for (const std::string& folder : fs::list(options_.root)) {
    const path place = options_.root / folder;
    usage.other += fs::disk_bytes_of(place);
    const bool of_blobs = folder == name(oci::Algorithm::kSha256) || folder == name(oci::Algorithm::kSha512);
    for (const std::string& file : fs::is_directory(place) ? fs::list(place) : std::vector<std::string>()) {
      if (of_blobs && oci::Digest::try_parse(folder + ":" + file)) continue;
      (folder == "ingest" ? usage.partial : usage.other) += fs::measure_tree(place / file).disk_bytes;
    }
  }
  return usage;
}

void BlobStore::quarantine(const oci::Digest& digest) const {
  const path path = path_of(options_.root, digest);
  try {
    fs::rename(path, options_.root / "quarantine" / file_name(digest));
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return;  // another reader was first
  }
  fs::sync_directory(options_.root / "quarantine");
  fs::sync_directory(path.parent_path());
}

}  // namespace davit::blob
