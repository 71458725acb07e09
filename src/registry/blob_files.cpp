#include <cerrno>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "registry/bytes.h"
#include "registry/folder_sync.h"
#include "registry/upload_file.h"
#include "registry/verified_files.h"

namespace davit::registry {

namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;
using oci::Digest;
using std::filesystem::path;

constexpr std::size_t kIdBytes = 16;
constexpr oci::Algorithm kAlgorithms[] = {oci::Algorithm::kSha256, oci::Algorithm::kSha512};

bool is_id(std::string_view text) { return text.size() == 2 * kIdBytes && base::is_hex(text); }

class BlobFiles final : public BlobBytes {
 public:
  explicit BlobFiles(path root) : root_(std::move(root)) {
    for (const auto algorithm : kAlgorithms) {
      fs::make_directories(root_ / "blobs" / name(algorithm));
      syncs_.try_emplace(algorithm, root_ / "blobs" / name(algorithm));
    }
    fs::make_directories(root_ / "uploads");
    fs::make_directories(root_ / "damaged");
  }

  std::string begin_upload(const std::string& repository, oci::Algorithm algorithm) override {
    const path folder = uploads_of(repository);
    std::string id = base::random_hex(kIdBytes);
    try {
      UploadFile::create(folder / id, algorithm);
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) throw;
      fs::make_directories(folder);
      UploadFile::create(folder / id, algorithm);
    }
    return id;
  }

  std::unique_ptr<Upload> open_upload(const std::string& repository, const std::string& id) override {
    if (!is_id(id)) return nullptr;
    return UploadFile::open(uploads_of(repository) / id, [this](const path& from, const Digest& digest,
                                                                fs::File& file) { name_blob(from, digest, file); });
  }

  std::optional<std::uint64_t> upload_offset(const std::string& repository, const std::string& id) override {
    if (!is_id(id)) return std::nullopt;
    return UploadFile::size(uploads_of(repository) / id);
  }

  bool cancel_upload(const std::string& repository, const std::string& id) override {
    const auto upload = open_upload(repository, id);
    if (upload) upload->cancel();
    return upload != nullptr;
  }

  std::size_t expire_uploads(std::uint64_t seconds) override {
    std::size_t count = 0;
    for (const auto& folder : fs::list(root_ / "uploads")) {
      for (const auto& id : fs::list(root_ / "uploads" / folder)) {
        if (is_id(id) && UploadFile::expire(root_ / "uploads" / folder / id, seconds)) ++count;
      }
    }
    return count;
  }

  bool holds(const Digest& digest, std::uint64_t size) override {
    struct stat status {};
    return ::stat(path_of(digest).c_str(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) == size;
  }

  std::optional<BlobContent> open(const Digest& digest) override {
    auto file = fs::File::open_if_exists(path_of(digest));
    if (!file) return std::nullopt;
    const auto shared = std::make_shared<const fs::File>(std::move(*file));
    if (!verified_.is_good(digest, shared->status())) verify(digest, shared);
    return BlobContent{shared, shared->size()};
  }

  void remove(const Digest& digest) override {
    if (fs::remove(path_of(digest))) fs::sync_directory(path_of(digest).parent_path());
  }

  std::vector<Digest> list() override {
    std::vector<Digest> all;
    for (const auto algorithm : kAlgorithms) {
      for (const auto& hex : fs::list(root_ / "blobs" / name(algorithm))) {
        if (auto digest = Digest::try_parse(std::string(name(algorithm)) + ":" + hex))
          all.push_back(std::move(*digest));
      }
    }
    return all;
  }

 private:
  path path_of(const Digest& digest) const { return root_ / "blobs" / name(digest.algorithm()) / digest.hex(); }

  // One folder for each repository: an upload is found by that and its ID, so a repository's are its own.
  path uploads_of(const std::string& repository) const {
    return root_ / "uploads" / codec::digest_of(repository).hex().substr(0, 32);
  }

  // Called with the file synced.
  void name_blob(const path& from, const Digest& digest, const fs::File& file) {
    fs::rename(from, path_of(digest));
    syncs_.at(digest.algorithm()).sync();
    verified_.add(digest, file.status());
  }

  void verify(const Digest& digest, const std::shared_ptr<const fs::File>& file) {
    codec::HashSink hash(digest.algorithm());
    std::string buffer(base::kCopyBufferBytes, '\0');
    std::uint64_t offset = 0;
    while (const std::size_t got = file->read_at(std::as_writable_bytes(std::span(buffer)), offset)) {
      hash.write(std::as_bytes(std::span(buffer.data(), got)));
      offset += got;
    }
    if (hash.digest() == digest) return verified_.add(digest, file->status());
    base::log::warn("blob {} is damaged; it is put aside in {}", digest.text(), (root_ / "damaged").string());
    try {
      fs::rename(path_of(digest), root_ / "damaged" / digest.hex());
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) throw;  // another reader was first
    }
    throw Error::format(Code::kCorrupt, "blob {} is damaged in the registry; push it again", digest.text());
  }

  path root_;
  std::unordered_map<oci::Algorithm, FolderSync> syncs_;
  VerifiedFiles verified_;
};

}  // namespace

std::unique_ptr<BlobBytes> open_blob_files(const path& root) { return std::make_unique<BlobFiles>(root); }

}  // namespace davit::registry
