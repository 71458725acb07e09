#pragma once
// SHA-2 whose state can be put away and taken up again by another process: an upload is resumed without reading what
// came before.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/io.h"
#include "oci/digest.h"

namespace davit::codec {

class ResumableHash final : public base::Sink {
 public:
  explicit ResumableHash(oci::Algorithm algorithm = oci::Algorithm::kSha256);
  // From what save() gave on a machine of the same kind. Throws Error(kCorrupt) for anything else.
  static ResumableHash restore(std::string_view state);

  void write(base::ByteView bytes) override;
  oci::Algorithm algorithm() const { return algorithm_; }
  std::uint64_t size() const { return size_; }  // bytes so far
  oci::Digest digest() const;                   // of the bytes so far; writing may go on
  std::string save() const;

 private:
  oci::Algorithm algorithm_;
  std::uint64_t size_ = 0;
  alignas(16) std::array<unsigned char, 224> context_{};  // OpenSSL's SHA256_CTX or SHA512_CTX
};

}  // namespace davit::codec
