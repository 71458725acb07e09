#include "codec/hash.h"

#include <array>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;

[[noreturn]] void throw_openssl(const char* what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  throw Error::format(Code::kInternal, "{}: {}", what, text.data());
}

// Fetched once: an implicit fetch in every context costs more than the hash of a small blob. Never freed: OpenSSL's own
// clean-up at exit comes before that of static objects in some orders.
const EVP_MD* implementation_of(oci::Algorithm algorithm) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  const EVP_MD* found = algorithm == oci::Algorithm::kSha256 ? sha256 : sha512;
  if (found == nullptr) throw_openssl("fetch SHA-2 from OpenSSL");
  return found;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<EVP_MD_CTX, FreeContext>;

ContextPointer new_context() {
  ContextPointer context(EVP_MD_CTX_new());
  if (!context) throw_openssl("make a hash context");
  return context;
}

oci::Digest final_digest(EVP_MD_CTX* context, oci::Algorithm algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value;
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context, value.data(), &size) != 1) throw_openssl("finish a hash");
  return oci::Digest::from_hex(algorithm, base::to_hex(std::as_bytes(std::span(value.data(), size))));
}

}  // namespace

struct HashSink::Context {
  oci::Algorithm algorithm;
  ContextPointer running;
};

HashSink::HashSink(oci::Algorithm algorithm) : context_(std::make_unique<Context>(Context{algorithm, new_context()})) {
  if (EVP_DigestInit_ex2(context_->running.get(), implementation_of(algorithm), nullptr) != 1)
    throw_openssl("begin a hash");
}

HashSink::~HashSink() = default;

void HashSink::write(base::ByteView bytes) {
  if (EVP_DigestUpdate(context_->running.get(), bytes.data(), bytes.size()) != 1) throw_openssl("hash");
  size_ += bytes.size();
}

oci::Digest HashSink::digest() const {
  const ContextPointer copy = new_context();
  if (EVP_MD_CTX_copy_ex(copy.get(), context_->running.get()) != 1) throw_openssl("copy a hash");
  return final_digest(copy.get(), context_->algorithm);
}

oci::Digest digest_of(std::string_view bytes, oci::Algorithm algorithm) {
  HashSink sink(algorithm);
  sink.write(base::as_byte_view(bytes));
  return sink.digest();
}

}  // namespace davit::codec
