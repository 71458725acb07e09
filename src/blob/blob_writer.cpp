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

namespace {

constexpr std::uint64_t kWritebackBytes = 8 * 1024 * 1024;

}  // namespace

BlobWriter::State::State(base::FileLock held, std::filesystem::path folder_, oci::Algorithm algorithm_,
                         std::optional<Expected> expected_, bool whole_)
    : lock(std::move(held)),
      folder(std::move(folder_)),
      algorithm(algorithm_),
      expected(std::move(expected_)),
      hash(std::in_place, algorithm_),
      earlier(lock->file().size()),
      whole(whole_) {
  if (whole) lock->mark();
  if (whole || !expected || earlier <= expected->size) return;
  // Longer than the blob: pieces that are told behind it, or nothing of use.
  pieces = Pieces::read(lock->file(), expected->size);
  if (!pieces) lock->file().truncate(0);
  earlier = pieces ? pieces->prefix() : 0;
}

std::size_t BlobWriter::State::Existing::read(base::ByteSpan buffer) {
  const std::uint64_t end = state_.arrived();
  const std::uint64_t left = end - std::min(end, state_.hashed);
  const base::ByteSpan piece = buffer.first(std::min<std::uint64_t>(buffer.size(), left));
  if (piece.empty()) return 0;
  const std::size_t count = state_.lock->file().read_at(piece, state_.hashed);
  if (count == 0) {
    throw Error::format(Code::kCorrupt, "'{}' became shorter while it was held", state_.partial().string());
  }
  if (!state_.whole) state_.hash->write(piece.first(count));
  state_.hashed += count;
  return count;
}

void BlobWriter::State::hash_existing() {
  if (whole || hashed >= arrived()) return;
  std::vector<std::byte> buffer(base::kCopyBufferBytes);
  while (source.read(buffer) != 0) {
  }
}

std::uint64_t BlobWriter::State::arrived() const {
  const std::lock_guard guard(mutex);
  return pieces ? pieces->prefix() : earlier;
}

void BlobWriter::State::start_writeback() {
  try {
    lock->file().start_writeback(begun, hashed - begun);
    begun = hashed;
  } catch (...) {
    drop();  // as after a sync that failed
    throw;
  }
}

void BlobWriter::State::verify() {
  hash_existing();
  if (!expected) return;
  const oci::Digest digest = hash->digest();
  if (hashed == expected->size && digest == expected->digest) {
    if (pieces) lock->file().truncate(expected->size);
    pieces.reset();
    return;
  }
  drop();
  if (hashed != expected->size) {
    throw Error::format(Code::kCorrupt, "blob {}: expected {} bytes, got {}", expected->digest.text(), expected->size,
                        hashed);
  }
  throw Error::format(Code::kCorrupt, "blob: expected {}, got {}", expected->digest.text(), digest.text());
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
  if (!state_->lock || state_->whole) return;
  try {
    // What failed to be written may be lost though the kernel said otherwise before.
    const bool lost = state_->pieces && state_->write_failed;
    if (!lost && state_->expected && state_->lock->file().size() > 0) return;
  } catch (const Error&) {  // its size cannot be told: of no use to anybody
  }
  state_->drop();
}

std::uint64_t BlobWriter::offset() const { return state_->earlier; }

bool BlobWriter::is_whole() const { return state_->whole; }

base::Source& BlobWriter::existing() { return state_->source; }

void BlobWriter::restart() {
  if (state_->whole) throw Error(Code::kInternal, "a blob that another has sealed is begun anew");
  state_->lock->file().truncate(0);
  state_->pieces.reset();
  state_->earlier = 0;
  state_->hashed = 0;
  state_->begun = 0;
  state_->hash.emplace(state_->algorithm);
}

void BlobWriter::write(base::ByteView bytes) {
  State& state = *state_;
  if (state.whole || state.pieces) {
    throw Error(Code::kInternal, "a blob that another has sealed, or that comes in pieces, is written to as a stream");
  }
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
  if (state.hashed - state.begun >= kWritebackBytes) state.start_writeback();
}

bool BlobWriter::in_pieces() const { return state_->pieces.has_value(); }

void BlobWriter::begin_pieces() {
  State& state = *state_;
  if (state.whole || !state.expected) throw Error(Code::kInternal, "a blob that cannot come in pieces");
  if (state.pieces) return;
  state.pieces = Pieces::begin(state.lock->file(), state.expected->size);
}

void BlobWriter::end_pieces() {
  State& state = *state_;
  if (!state.pieces) return;
  const std::uint64_t prefix = state.pieces->prefix();
  state.lock->file().truncate(prefix);
  state.pieces.reset();
  state.earlier = prefix;
  state.begun = 0;
}

std::vector<BlobWriter::Range> BlobWriter::missing() const {
  const std::lock_guard guard(state_->mutex);
  if (state_->pieces) return state_->pieces->missing();
  const std::uint64_t at = std::max(state_->earlier, state_->hashed), end = state_->expected->size;
  return at < end ? std::vector<Range>{{at, end}} : std::vector<Range>{};
}

void BlobWriter::write_at(std::uint64_t offset, base::ByteView bytes) {
  State& state = *state_;
  const std::uint64_t size = state.expected->size;
  if (offset > size || bytes.size() > size - offset) {
    throw Error::format(Code::kCorrupt, "blob {}: expected {} bytes, got more", state.expected->digest.text(), size);
  }
  try {
    state.lock->file().write_at(bytes, offset);
    const std::lock_guard guard(state.mutex);
    state.pieces->add(state.lock->file(), offset, offset + bytes.size());
    state.unwritten += bytes.size();
    if (state.unwritten < kWritebackBytes) return;
    state.unwritten = 0;
    state.lock->file().start_writeback(0, size);
  } catch (...) {
    state.write_failed = true;
    throw;
  }
}

std::uint64_t BlobWriter::arrived() const { return state_->arrived(); }

oci::Digest BlobWriter::digest() const {
  if (state_->whole) return state_->expected->digest;
  state_->hash_existing();
  return state_->hash->digest();
}

std::unique_ptr<SealedBlob> BlobWriter::seal() {
  State& state = *state_;
  if (!state.lock || state.write_failed)
    throw Error(Code::kInternal, "a blob is sealed after it failed or was dropped");
  if (!state.whole) state.verify();
  const oci::Digest digest = this->digest();
  state.lock->mark();
  if (!state.whole) state.lock->share();
  auto sealed =
      std::make_unique<SealedBlob::State>(SealedBlob::State{.lock = std::move(*state.lock),
                                                            .folder = state.folder,
                                                            .digest = digest,
                                                            .size = state.whole ? state.earlier : state.hashed,
                                                            .unknown = !state.expected});
  state.lock.reset();
  return std::unique_ptr<SealedBlob>(new SealedBlob(std::move(sealed)));
}

oci::Descriptor BlobWriter::commit() {
  const auto sealed = seal();
  SealedBlob::commit({sealed.get()}, [&] { sealed->state_->lock.file().sync(); }, {sealed->state_->folder});
  return {{}, sealed->digest(), sealed->size(), {}, {}, {}};
}

void BlobWriter::discard() { state_->drop(); }

}  // namespace davit::blob
