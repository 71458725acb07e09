#include <algorithm>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "blob/blob_writer_state.h"

namespace davit::blob {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

class SealedSource final : public base::Source {
 public:
  explicit SealedSource(base::FileLock& lock) : lock_(lock) {}
  std::size_t read(base::ByteSpan buffer) override {
    const std::size_t count = lock_.file().read_at(buffer, offset_);
    offset_ += count;
    return count;
  }

 private:
  base::FileLock& lock_;
  std::uint64_t offset_ = 0;
};

void take_back(const std::vector<std::filesystem::path>& names) {
  for (const auto& name : names) {
    try {
      fs::remove(name);
    } catch (const Error& error) {
      base::log::warn("a blob whose name may not be durable stays: {}", error.message());
    }
  }
}

}  // namespace

bool SealedBlob::State::give_name() {
  // Another who has sealed it may be at the same at the same time, and somebody else may begin a new partial file in
  // between: so nothing is ever put in a blob's place, and where our file has lost its name the blob must be there.
  if (lock.still_named(partial())) {
    try {
      committed = fs::rename_new(partial(), named());
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound || !fs::exists(named())) throw;
    }
    if (committed) return true;
    if (lock.still_named(partial())) fs::remove(partial());
  } else if (!fs::exists(named())) {
    throw Error::format(Code::kConflict, "blob {} was removed before it was in its place", digest.text());
  }
  committed = true;
  return false;
}

void SealedBlob::State::drop() noexcept {
  committed = true;
  try {
    if (lock.still_named(partial())) fs::remove(partial());
  } catch (const Error& error) {
    base::log::warn("a partial blob stays: {}", error.message());
  }
}

SealedBlob::SealedBlob(std::unique_ptr<State> state) : state_(std::move(state)) {}

SealedBlob::~SealedBlob() {
  if (!state_->committed && state_->unknown) state_->drop();
}

const oci::Digest& SealedBlob::digest() const { return state_->digest; }

std::uint64_t SealedBlob::size() const { return state_->size; }

std::unique_ptr<base::Source> SealedBlob::open() const { return std::make_unique<SealedSource>(state_->lock); }

void SealedBlob::commit(const std::vector<SealedBlob*>& blobs, const std::function<void()>& sync,
                        std::vector<std::filesystem::path> folders) {
  try {
    sync();
    for (SealedBlob* blob : blobs) blob->state_->lock.file().check_written();
  } catch (...) {
    for (SealedBlob* blob : blobs) blob->state_->drop();
    throw;
  }
  std::vector<std::filesystem::path> named;
  for (SealedBlob* blob : blobs) {
    if (blob->state_->give_name()) named.push_back(blob->state_->named());
  }
  try {
    for (const auto& folder : folders) fs::sync_directory(folder);
  } catch (...) {
    take_back(named);
    throw;
  }
}

}  // namespace davit::blob
