#include "layer/layer_folders.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::layer {

namespace fs = base::fs;
using base::FileLock;

namespace {

std::optional<oci::Digest> digest_of_name(const std::string& name) {
  if (auto digest = oci::Digest::try_parse("sha256:" + name)) return digest;
  return oci::Digest::try_parse("sha512:" + name);
}

}  // namespace

LayerFolders::LayerFolders(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (fs::exists(lock_file(""))) return;
  for (const auto& path : {folder_, staging(), lock_file("")}) fs::make_directories(path);
}

std::vector<oci::Digest> LayerFolders::list() const {
  std::vector<oci::Digest> found;
  for (const auto& name : fs::list(folder_)) {
    if (auto digest = digest_of_name(name)) found.push_back(std::move(*digest));
  }
  return found;
}

FileLock LayerFolders::lock(const std::string& name, FileLock::Mode mode) const {
  while (true) {
    FileLock lock = FileLock::acquire(lock_file(name), mode);
    if (lock.still_named(lock_file(name))) return lock;
  }
}

std::optional<FileLock> LayerFolders::try_lock(const std::string& name) const {
  while (true) {
    auto lock = FileLock::try_acquire(lock_file(name));
    if (!lock || lock->still_named(lock_file(name))) return lock;
  }
}

void LayerFolders::release(FileLock lock, const std::string& name) const {
  if (lock.still_named(lock_file(name))) fs::remove(lock_file(name));
}

std::uint64_t LayerFolders::clean_staging() const {
  std::uint64_t bytes = 0;
  for (const auto& name : fs::list(staging())) {
    auto lock = try_lock(name);
    if (!lock) continue;
    base::log::info("removing what an interrupted command left in {}", (staging() / name).string());
    try {
      bytes += fs::remove_tree(staging() / name);
    } catch (const base::Error& error) {  // whatever stands there, the store stays usable
      if (error.code() == base::Code::kCancelled) throw;
      base::log::warn("what an interrupted command left stays: {}", error.message());
    }
    release(std::move(*lock), name);
  }
  return bytes;
}

std::uint64_t LayerFolders::discard(const std::filesystem::path& folder) const {
  const std::string name = "removed-" + base::random_hex(8);
  auto lock = this->lock(name);
  fs::rename(folder, staging() / name);
  const std::uint64_t bytes = fs::remove_tree(staging() / name);
  release(std::move(lock), name);
  return bytes;
}

}  // namespace davit::layer
