#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "blob/blob_writer_state.h"

namespace davit::blob {

namespace fs = base::fs;
using base::Code;
using base::Error;

BlobWriter::State::State(base::FileLock held, std::filesystem::path folder_, oci::Algorithm algorithm_,
                         std::optional<Expected> expected_)
    : lock(std::move(held)),
      folder(std::move(folder_)),
      algorithm(algorithm_),
      expected(std::move(expected_)),
      hash(std::in_place, algorithm_),
      earlier(lock->file().size()) {}

std::size_t BlobWriter::State::Existing::read(base::ByteSpan buffer) {
  const std::uint64_t left = state_.earlier - std::min(state_.earlier, state_.hashed);
  const base::ByteSpan piece = buffer.first(std::min<std::uint64_t>(buffer.size(), left));
  if (piece.empty()) return 0;
  const std::size_t count = state_.lock->file().read_at(piece, state_.hashed);
  if (count == 0) {
    throw Error::format(Code::kCorrupt, "'{}' became shorter while it was held", state_.partial().string());
  }
  state_.hash->write(piece.first(count));
  state_.hashed += count;
  return count;
}

void BlobWriter::State::hash_existing() {
  if (hashed >= earlier) return;
  std::vector<std::byte> buffer(base::kCopyBufferBytes);
  while (source.read(buffer) != 0) {
  }
}

void BlobWriter::State::drop() noexcept {
  try {
    if (lock) fs::remove(partial());
  } catch (const Error& error) {
    base::log::warn("a partial blob stays: {}", error.message());
  }
  lock.reset();
}

BlobWriter::BlobWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

BlobWriter::~BlobWriter() {
  if (!state_->lock) return;
  try {
    if (state_->expected && state_->lock->file().size() > 0) return;
  } catch (const Error&) {  // its size cannot be told: of no use to anybody
  }
  state_->drop();
}

std::uint64_t BlobWriter::offset() const { return state_->earlier; }

base::Source& BlobWriter::existing() { return state_->source; }

void BlobWriter::restart() {
  state_->lock->file().truncate(0);
  state_->earlier = 0;
  state_->hashed = 0;
  state_->hash.emplace(state_->algorithm);
}

void BlobWriter::write(base::ByteView bytes) {
  State& state = *state_;
  state.hash_existing();
  if (state.expected && bytes.size() > state.expected->size - state.hashed) {
    const State::Expected expected = *state.expected;
    discard();
    throw Error::format(Code::kCorrupt, "blob {}: expected {} bytes, got more", expected.digest.text(), expected.size);
  }
  state.write_failed = true;
  state.lock->file().write_at(bytes, state.hashed);
  state.write_failed = false;
  state.hash->write(bytes);
  state.hashed += bytes.size();
}

oci::Digest BlobWriter::digest() const {
  state_->hash_existing();
  return state_->hash->digest();
}

oci::Descriptor BlobWriter::commit() {
  State& state = *state_;
  if (!state.lock || state.write_failed)
    throw Error(Code::kInternal, "a blob is committed after it failed or was dropped");
  state.hash_existing();
  const oci::Digest digest = state.hash->digest();
  if (state.expected && (state.hashed != state.expected->size || digest != state.expected->digest)) {
    state.drop();
    if (state.hashed != state.expected->size) {
      throw Error::format(Code::kCorrupt, "blob {}: expected {} bytes, got {}", state.expected->digest.text(),
                          state.expected->size, state.hashed);
    }
    throw Error::format(Code::kCorrupt, "blob: expected {}, got {}", state.expected->digest.text(), digest.text());
  }

  const std::filesystem::path named = state.folder / digest.hex();
  try {
    state.lock->file().sync();
  } catch (...) {
    // The kernel may have dropped the pages that it could not write and call the next sync a success.
    state.drop();
    throw;
  }
  fs::rename(state.partial(), named);
  state.lock.reset();
  try {
    fs::sync_directory(state.folder);
  } catch (...) {
    try {
      fs::remove(named);
    } catch (const Error& error) {
      base::log::warn("a blob whose name may not be durable stays: {}", error.message());
    }
    throw;
  }
  return {{}, digest, state.hashed, {}, {}, {}};
}

void BlobWriter::discard() { state_->drop(); }

}  // namespace davit::blob
