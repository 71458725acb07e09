#pragma once
// Keys and signatures of tokens: JWK (RFC 7517), thumbprints (RFC 7638), JWS compact (RFC 7515) with ES256 (RFC 7518,
// 3.4), EdDSA over Ed25519 (RFC 8037) and, to verify only, RS256.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace davit::auth {

std::string to_base64url(std::string_view bytes);  // without padding
std::string from_base64url(
    std::string_view text);  // throws Error(kInvalidArgument): other characters, odd bits, padding

// One public key, and what a private one adds.
class Key {
 public:
  enum class Kind { kEs256, kEd25519, kRs256 };

  static Key generate(Kind kind);  // not kRs256
  // A private key in PEM (PKCS #8). Throws Error(kInvalidArgument) naming the file.
  static Key from_pem(std::string_view pem, const std::string& file);
  std::string to_pem() const;

  std::string_view algorithm() const;              // "ES256", "EdDSA", "RS256"
  const std::string& id() const { return id_; }    // the thumbprint, or what its document calls it
  std::string jwk() const;                         // the public part as JSON; not of kRs256
  std::string sign(std::string_view bytes) const;  // of a private key
  bool verify(std::string_view bytes, std::string_view signature) const;

 private:
  friend std::vector<Key> parse_key_set(std::string_view json);
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::shared_ptr<evp_pkey_st>;
  Key(Kind kind, Handle handle);

  Kind kind_;
  Handle handle_;
  std::string id_;
};

// The keys of a JWKS document that can verify tokens; those of other kinds or for other use are passed over. Throws
// Error(kInvalidArgument) for what is no such document.
std::vector<Key> parse_key_set(std::string_view json);
std::string to_key_set(const std::vector<Key>& keys);

}  // namespace davit::auth
