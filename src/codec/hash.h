#pragma once
// SHA-2 over streams.

#include <memory>

#include "base/io.h"
#include "oci/digest.h"

namespace davit::codec {

// Computes a digest of all that is written to it.
class HashSink final : public base::Sink {
 public:
  explicit HashSink(oci::Algorithm algorithm = oci::Algorithm::kSha256);
  ~HashSink() override;
  void write(base::ByteView bytes) override;
  std::uint64_t size() const { return size_; }  // bytes so far
  oci::Digest digest() const;                   // of the bytes so far; writing may go on

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  std::uint64_t size_ = 0;
};

oci::Digest digest_of(std::string_view bytes, oci::Algorithm algorithm = oci::Algorithm::kSha256);

}  // namespace davit::codec
