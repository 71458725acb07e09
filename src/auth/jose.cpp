#include "auth/jose.h"

#include <algorithm>
#include <array>

#include <boost/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strings.h"

namespace davit::auth {

namespace json = boost::json;
using base::Code;
using base::Error;

namespace {

constexpr std::size_t kCoordinate = 32;  // bytes of P-256's
constexpr int kLeastRsaBits = 2048;
constexpr std::size_t kMostSetBytes = 1024 * 1024;

[[noreturn]] void fail(const char* what) {
  ::ERR_clear_error();
  throw Error::format(Code::kInternal, "OpenSSL could not {}", what);
}

template <auto Function>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const {
    Function(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<::BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<::ECDSA_SIG_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<::EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<::EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<::OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<::OSSL_PARAM_free>>;
using Memory = std::unique_ptr<BIO, Freed<::BIO_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string fixed(const BIGNUM* number) {
  std::string bytes(kCoordinate, '\0');
  ::BN_bn2binpad(number, bytes_of(bytes), kCoordinate);
  return bytes;
}

Number number_of(std::string_view bytes) {
  return Number(::BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// JWS has r and s side by side, OpenSSL has them in DER.
std::string from_der(std::string_view der) {
  const unsigned char* place = bytes_of(der);
  const Signature signature(::d2i_ECDSA_SIG(nullptr, &place, static_cast<long>(der.size())));
  if (!signature) fail("read a signature");
  return fixed(::ECDSA_SIG_get0_r(signature.get())) + fixed(::ECDSA_SIG_get0_s(signature.get()));
}

std::string to_der(std::string_view both) {
  const Signature signature(::ECDSA_SIG_new());
  auto r = number_of(both.substr(0, kCoordinate)), s = number_of(both.substr(kCoordinate));
  ::ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  unsigned char* made = nullptr;
  const int size = ::i2d_ECDSA_SIG(signature.get(), &made);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<char*>(made), static_cast<std::size_t>(size));
  ::OPENSSL_free(made);
  return der;
}

EVP_PKEY* public_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(::OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(::EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || ::EVP_PKEY_fromdata_init(context.get()) != 1 ||
      ::EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    ::ERR_clear_error();
    return nullptr;
  }
  return key;
}

EVP_PKEY* ec_key(const std::string& x, const std::string& y) {
  if (x.size() != kCoordinate || y.size() != kCoordinate) return nullptr;
  const std::string point = "\x04" + x + y;
  const Builder builder(::OSSL_PARAM_BLD_new());
  ::OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  ::OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return public_key("EC", builder.get());
}

EVP_PKEY* rsa_key(const std::string& n, const std::string& e) {
  const auto modulus = number_of(n), exponent = number_of(e);
  if (::BN_num_bits(modulus.get()) < kLeastRsaBits) return nullptr;
  const Builder builder(::OSSL_PARAM_BLD_new());
  ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return public_key("RSA", builder.get());
}

// The members that RFC 7638 hashes, in its order.
std::string public_members(EVP_PKEY* key, Key::Kind kind) {
  if (kind == Key::Kind::kEd25519) {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    if (::EVP_PKEY_get_raw_public_key(key, bytes_of(raw), &size) != 1) fail("read a public key");
    return fmt::format(R"({{"crv":"Ed25519","kty":"OKP","x":"{}"}})", to_base64url(raw));
  }
  BIGNUM *x = nullptr, *y = nullptr;
  ::EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x);
  ::EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y);
  const Number owned_x(x), owned_y(y);
  if (!owned_x || !owned_y) fail("read a public key");
  return fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})", to_base64url(fixed(x)),
                     to_base64url(fixed(y)));
}

std::string thumbprint(const std::string& members) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  ::SHA256(bytes_of(std::string_view(members)), members.size(), bytes_of(hash));
  return to_base64url(hash);
}

}  // namespace

std::string to_base64url(std::string_view bytes) {
  std::string text = base::to_base64(bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

std::string from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) throw Error(Code::kInvalidArgument, "this is no base64url");
  std::string standard(text);
  for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
  standard.append((4 - standard.size() % 4) % 4, '=');
  std::string bytes = base::from_base64(standard);
  if (to_base64url(bytes) != text) throw Error(Code::kInvalidArgument, "this is no base64url");
  return bytes;
}

void Key::Free::operator()(evp_pkey_st* key) const { ::EVP_PKEY_free(key); }

Key::Key(Kind kind, Handle handle) : kind_(kind), handle_(std::move(handle)) {
  if (kind != Kind::kRs256) id_ = thumbprint(public_members(handle_.get(), kind));
}

Key Key::generate(Kind kind) {
  EVP_PKEY* made = kind == Kind::kEd25519 ? ::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                          : ::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (made == nullptr) fail("make a key");
  return {kind, Handle(made, Free())};
}

Key Key::from_pem(std::string_view pem, const std::string& file) {
  const Memory memory(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Handle handle(::PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr), Free());
  ::ERR_clear_error();
  if (handle) {
    if (::EVP_PKEY_is_a(handle.get(), "ED25519") == 1) return {Kind::kEd25519, handle};
    std::array<char, 32> group{};
    if (::EVP_PKEY_is_a(handle.get(), "EC") == 1 &&
        ::EVP_PKEY_get_group_name(handle.get(), group.data(), group.size(), nullptr) == 1 &&
        std::string_view(group.data()) == "prime256v1") {
      return {Kind::kEs256, handle};
    }
  }
  throw Error::format(Code::kInvalidArgument, "{} is no private key of P-256 or Ed25519 in PEM", file);
}

std::string Key::to_pem() const {
  const Memory memory(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_PKCS8PrivateKey(memory.get(), handle_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    fail("write a private key");
  char* data = nullptr;
  const long size = ::BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string_view Key::algorithm() const {
  return kind_ == Kind::kEs256 ? "ES256" : kind_ == Kind::kEd25519 ? "EdDSA" : "RS256";
}

std::string Key::jwk() const {
  auto members = json::parse(public_members(handle_.get(), kind_)).as_object();
  members["kid"] = id_;
  members["alg"] = algorithm();
  members["use"] = "sig";
  return json::serialize(members);
}

std::string Key::sign(std::string_view bytes) const {
  const DigestContext context(::EVP_MD_CTX_new());
  const EVP_MD* hash = kind_ == Kind::kEd25519 ? nullptr : ::EVP_sha256();
  std::size_t size = 0;
  if (::EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, handle_.get()) != 1 ||
      ::EVP_DigestSign(context.get(), nullptr, &size, bytes_of(bytes), bytes.size()) != 1) {
    fail("sign");
  }
  std::string signature(size, '\0');
  if (::EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(bytes), bytes.size()) != 1) fail("sign");
  signature.resize(size);
  return kind_ == Kind::kEs256 ? from_der(signature) : signature;
}

bool Key::verify(std::string_view bytes, std::string_view given) const {
  std::string signature(given);
  if (kind_ == Kind::kEs256) {
    if (given.size() != 2 * kCoordinate) return false;
    signature = to_der(given);
  }
  const DigestContext context(::EVP_MD_CTX_new());
  const EVP_MD* hash = kind_ == Kind::kEd25519 ? nullptr : ::EVP_sha256();
  const bool good = ::EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, handle_.get()) == 1 &&
                    ::EVP_DigestVerify(context.get(), bytes_of(std::string_view(signature)), signature.size(),
                                       bytes_of(bytes), bytes.size()) == 1;
  ::ERR_clear_error();
  return good;
}

std::vector<Key> parse_key_set(std::string_view text) {
  json::error_code error;
  const json::value document = text.size() > kMostSetBytes ? json::value() : json::parse(text, error);
  const json::object* object = document.if_object();
  const json::value* list = object == nullptr ? nullptr : object->if_contains("keys");
  if (error || list == nullptr || !list->is_array())
    throw Error(Code::kInvalidArgument, "this is no JWKS document (RFC 7517)");
  std::vector<Key> keys;
  for (const auto& entry : list->get_array()) {
    const json::object* jwk = entry.if_object();
    if (jwk == nullptr) continue;
    const auto member = [&](std::string_view name) { return base::text_member(*jwk, name); };
    if (const auto use = member("use"); !use.empty() && use != "sig") continue;
    try {
      const auto number = [&](std::string_view name) { return from_base64url(member(name)); };
      EVP_PKEY* key = nullptr;
      auto kind = Key::Kind::kEs256;
      if (member("kty") == "EC" && member("crv") == "P-256") {
        key = ec_key(number("x"), number("y"));
      } else if (member("kty") == "OKP" && member("crv") == "Ed25519") {
        kind = Key::Kind::kEd25519;
        const std::string raw = number("x");
        key = ::EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(std::string_view(raw)), raw.size());
      } else if (member("kty") == "RSA") {
        kind = Key::Kind::kRs256;
        key = rsa_key(number("n"), number("e"));
      }
      ::ERR_clear_error();
      if (key == nullptr) continue;
      Key made(kind, Key::Handle(key, Key::Free()));
      if (const auto told = member("alg"); !told.empty() && told != made.algorithm()) continue;
      if (const auto id = member("kid"); !id.empty()) made.id_ = id;
      keys.push_back(std::move(made));
    } catch (const Error&) {
      continue;  // a key that is none
    }
  }
  return keys;
}

std::string to_key_set(const std::vector<Key>& keys) {
  std::vector<std::string> all;
  for (const auto& key : keys) all.push_back(key.jwk());
  return "{\"keys\":[" + base::join(all, ",") + "]}";
}

}  // namespace davit::auth
