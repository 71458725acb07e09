#pragma once
// Content digests. OCI image-spec, descriptor.md, "Digests". Pure values: computing one over bytes is codec's (hash.h).

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace davit::oci {

enum class Algorithm { kSha256, kSha512 };

std::string_view name(Algorithm algorithm);  // "sha256"

// Always valid: an algorithm we know and as many lower-case hex digits as it has.
class Digest {
 public:
  // "sha256:<64 hex>" or "sha512:<128 hex>". Throws Error(kInvalidArgument) naming the text.
  static Digest parse(std::string_view text);
  static std::optional<Digest> try_parse(std::string_view text);
  static Digest from_hex(Algorithm algorithm, std::string_view hex);  // the same check

  Algorithm algorithm() const { return algorithm_; }
  const std::string& hex() const { return hex_; }
  std::string text() const;                                     // "sha256:…"
  std::string short_hex() const { return hex_.substr(0, 12); }  // what users see as an ID

  auto operator<=>(const Digest&) const = default;

 private:
  Digest(Algorithm algorithm, std::string hex) : algorithm_(algorithm), hex_(std::move(hex)) {}
  Algorithm algorithm_;
  std::string hex_;
};

}  // namespace davit::oci

template <>
struct std::hash<davit::oci::Digest> {
  std::size_t operator()(const davit::oci::Digest& digest) const noexcept {
    return std::hash<std::string>()(digest.hex());
  }
};
