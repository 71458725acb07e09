#include "transfer/staged_content.h"

#include <utility>

#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "codec/hash.h"

namespace davit::transfer {

namespace {

bool on_one_file_system(const std::filesystem::path& root) {
  struct stat of_root = {};
  if (::stat(root.c_str(), &of_root) != 0) return false;
  for (const std::string& name : base::fs::list(root)) {
    struct stat status = {};
    if (::stat((root / name).c_str(), &status) != 0 || status.st_dev != of_root.st_dev) return false;
  }
  return true;
}

}  // namespace

void StagedContent::add(std::unique_ptr<blob::SealedBlob> blob) {
  if (!blob) return;
  const std::lock_guard lock(mutex_);
  blobs_.push_back(std::move(blob));
}

void StagedContent::add(std::unique_ptr<layer::StagedLayer> layer) {
  const std::lock_guard lock(mutex_);
  if (layer) {
    layers_.push_back(std::move(layer));
  } else {
    found_layers_ = true;
  }
}

oci::Descriptor StagedContent::add_document(store::Lease& lease, std::string_view media_type,
                                            const std::string& bytes) {
  lease.add(codec::digest_of(bytes));
  auto sealed = store_.blobs().seal(bytes);
  const oci::Descriptor descriptor = {
      .media_type = std::string(media_type), .digest = sealed->digest(), .size = bytes.size()};
  add(std::move(sealed));
  return descriptor;
}

void StagedContent::add_temporary(std::unique_ptr<blob::SealedBlob> blob) {
  if (!blob) return;
  const std::lock_guard lock(mutex_);
  temporary_.push_back(std::move(blob));
}

void StagedContent::drop_temporary() {
  for (auto& blob : std::exchange(temporary_, {})) {
    try {
      store_.blobs().give_up(std::move(blob));
    } catch (const base::Error& error) {  // the image is here all the same
      base::log::warn("a blob that is not kept stays: {}", error.message());
    }
  }
}

void StagedContent::commit() {
  auto blobs = std::exchange(blobs_, {});
  auto layers = std::exchange(layers_, {});
  const bool has_blobs = !blobs.empty();
  const bool has_layers = std::exchange(found_layers_, false) || !layers.empty();
  store_.blobs().commit(std::move(blobs), [&] {
    if (has_layers) store_.layers().sync();
    if (has_blobs && (!has_layers || !on_one_file_system(store_.root()))) store_.blobs().sync();
  });
  for (const auto& layer : layers) layer->commit();
}

}  // namespace davit::transfer
