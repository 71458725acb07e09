// OpenSSL 3's EVP contexts cannot be saved; those of its older functions are plain data.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "codec/resumable_hash.h"

#include <cstring>

#include <openssl/sha.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::codec {

namespace {

constexpr std::string_view kMagic = "davit-sha2-1";

}  // namespace

static_assert(sizeof(SHA256_CTX) <= 224 && sizeof(SHA512_CTX) <= 224);

ResumableHash::ResumableHash(oci::Algorithm algorithm) : algorithm_(algorithm) {
  if (algorithm == oci::Algorithm::kSha256) {
    SHA256_Init(reinterpret_cast<SHA256_CTX*>(context_.data()));
  } else {
    SHA512_Init(reinterpret_cast<SHA512_CTX*>(context_.data()));
  }
}

void ResumableHash::write(base::ByteView bytes) {
  if (algorithm_ == oci::Algorithm::kSha256) {
    SHA256_Update(reinterpret_cast<SHA256_CTX*>(context_.data()), bytes.data(), bytes.size());
  } else {
    SHA512_Update(reinterpret_cast<SHA512_CTX*>(context_.data()), bytes.data(), bytes.size());
  }
  size_ += bytes.size();
}

oci::Digest ResumableHash::digest() const {
  alignas(16) auto copy = context_;
  std::array<unsigned char, SHA512_DIGEST_LENGTH> value;
  std::size_t size = SHA256_DIGEST_LENGTH;
  if (algorithm_ == oci::Algorithm::kSha256) {
    SHA256_Final(value.data(), reinterpret_cast<SHA256_CTX*>(copy.data()));
  } else {
    SHA512_Final(value.data(), reinterpret_cast<SHA512_CTX*>(copy.data()));
    size = SHA512_DIGEST_LENGTH;
  }
  return oci::Digest::from_hex(algorithm_, base::to_hex(std::as_bytes(std::span(value.data(), size))));
}

std::string ResumableHash::save() const {
  std::string state(kMagic);
  state += algorithm_ == oci::Algorithm::kSha256 ? '2' : '5';
  state.append(reinterpret_cast<const char*>(&size_), sizeof size_);
  state.append(reinterpret_cast<const char*>(context_.data()), context_.size());
  // A torn write must not pass for a state.
  ResumableHash check;
  check.write(base::as_byte_view(state));
  return state + check.digest().hex();
}

ResumableHash ResumableHash::restore(std::string_view state) {
  constexpr std::size_t kSize = kMagic.size() + 1 + sizeof size_ + sizeof context_;
  ResumableHash check;
  check.write(base::as_byte_view(state.substr(0, kSize)));
  if (state.size() != kSize + 64 || !state.starts_with(kMagic) || check.digest().hex() != state.substr(kSize))
    throw base::Error(base::Code::kCorrupt, "the saved state of a hash is damaged");
  state.remove_prefix(kMagic.size());
  ResumableHash hash(state[0] == '2' ? oci::Algorithm::kSha256 : oci::Algorithm::kSha512);
  std::memcpy(&hash.size_, state.data() + 1, sizeof size_);
  std::memcpy(hash.context_.data(), state.data() + 1 + sizeof size_, sizeof context_);
  return hash;
}

}  // namespace davit::codec
