#include "auth/token.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/strings.h"

namespace davit::auth {

namespace json = boost::json;
using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMostBytes = 16 * 1024;

[[noreturn]] void refuse(const char* why) {
  throw Error::format(Code::kUnauthorized, "the token is not good: {}", why);
}

// A JWS compact token's parts, as they are encoded.
struct TokenParts {
  std::string_view header, body, signature, signed_part;
};

TokenParts parts_of(std::string_view token) {
  const std::size_t first = token.find('.'), last = token.rfind('.');
  if (token.size() > kMostBytes || first == std::string_view::npos || first == last) refuse("it is malformed");
  return {.header = token.substr(0, first),
          .body = token.substr(first + 1, last - first - 1),
          .signature = token.substr(last + 1),
          .signed_part = token.substr(0, last)};
}

json::object object_of(std::string_view part) {
  try {
    json::error_code error;
    auto value = json::parse(from_base64url(part), error);
    if (!error && value.is_object()) return std::move(value.get_object());
  } catch (const Error&) {
    // told below
  }
  refuse("it is malformed");
}

std::int64_t seconds(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr) return 0;
  json::error_code error;
  const auto number = value->is_double() ? static_cast<std::int64_t>(std::clamp(value->get_double(), 0.0, 1e15))
                                         : value->to_number<std::int64_t>(error);
  if (error) refuse("a time is no number");
  return number;
}

std::vector<std::string> texts(const json::value* value) {
  std::vector<std::string> all;
  if (value == nullptr) return all;
  if (value->is_string()) all.emplace_back(value->get_string());
  if (!value->is_array()) return all;
  for (const auto& item : value->get_array()) {
    if (item.is_string()) all.emplace_back(item.get_string());
  }
  return all;
}

std::vector<TokenAccess> access_of(const json::object& claims) {
  std::vector<TokenAccess> all;
  const json::value* list = claims.if_contains("access");
  if (list == nullptr || !list->is_array()) return all;
  for (const auto& item : list->get_array()) {
    if (!item.is_object()) refuse("it is malformed");
    const auto& entry = item.get_object();
    all.push_back(
        {base::text_member(entry, "type"), base::text_member(entry, "name"), texts(entry.if_contains("actions"))});
  }
  return all;
}

bool is_signed(std::string_view bytes, std::string_view signature, const json::object& header,
               const std::vector<Key>& keys) {
  const auto algorithm = base::text_member(header, "alg"), id = base::text_member(header, "kid");
  return std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
    return key.algorithm() == algorithm && (id.empty() || key.id() == id) && key.verify(bytes, signature);
  });
}

void check(const TokenClaims& claims, const TokenExpectations& expected) {
  if (claims.issuer != expected.issuer) refuse("another issued it");
  if (std::find(claims.audience.begin(), claims.audience.end(), expected.audience) == claims.audience.end())
    refuse("it is for another service");
  if (claims.expires == 0) refuse("it has no end");
  if (expected.now > claims.expires + expected.leeway) refuse("it has expired");
  if (std::max(claims.not_before, claims.issued) > expected.now + expected.leeway) refuse("it is not valid yet");
}

}  // namespace

TokenAccess parse_scope(std::string_view text) {
  const std::size_t first = text.find(':'), last = text.rfind(':');
  if (first == std::string_view::npos || last <= first + 1)
    throw Error::format(Code::kInvalidArgument, "invalid scope '{}': expected TYPE:NAME:ACTION,…",
                        base::printable(text));
  TokenAccess access{std::string(text.substr(0, first)), std::string(text.substr(first + 1, last - first - 1)), {}};
  // "repository(plugin)" is a repository, too.
  access.type = access.type.substr(0, access.type.find('('));
  for (auto& action : base::split(text.substr(last + 1), ',')) {
    if (!action.empty()) access.actions.push_back(std::move(action));
  }
  return access;
}

std::string scope_text(const TokenAccess& access) {
  return access.type + ":" + access.name + ":" + base::join(access.actions, ",");
}

std::string sign_token(const TokenClaims& claims, const Key& key) {
  json::array access;
  for (const auto& entry : claims.access) {
    access.push_back(json::object{{"type", entry.type},
                                  {"name", entry.name},
                                  {"actions", json::array(entry.actions.begin(), entry.actions.end())}});
  }
  json::value audience = claims.audience.size() == 1
                             ? json::value(claims.audience[0])
                             : json::value(json::array(claims.audience.begin(), claims.audience.end()));
  const json::object body{{"iss", claims.issuer},  {"sub", claims.subject},      {"aud", std::move(audience)},
                          {"exp", claims.expires}, {"nbf", claims.not_before},   {"iat", claims.issued},
                          {"jti", claims.id},      {"access", std::move(access)}};
  const json::object header{{"alg", key.algorithm()}, {"typ", "JWT"}, {"kid", key.id()}};
  const std::string signed_part = to_base64url(json::serialize(header)) + "." + to_base64url(json::serialize(body));
  return signed_part + "." + to_base64url(key.sign(signed_part));
}

TokenOrigin origin_of(std::string_view token) {
  const auto parts = parts_of(token);
  return {base::text_member(object_of(parts.body), "iss"), base::text_member(object_of(parts.header), "kid")};
}

TokenClaims verify_token(std::string_view token, const std::vector<Key>& keys, const TokenExpectations& expected) {
  const auto parts = parts_of(token);
  const json::object header = object_of(parts.header);
  if (header.contains("crit")) refuse("it has a critical header");
  std::string signature;
  try {
    signature = from_base64url(parts.signature);
  } catch (const Error&) {
    refuse("it is malformed");
  }
  if (!is_signed(parts.signed_part, signature, header, keys)) refuse("nobody that is trusted signed it");
  const json::object body = object_of(parts.body);
  TokenClaims claims{.issuer = base::text_member(body, "iss"),
                     .subject = base::text_member(body, "sub"),
                     .id = base::text_member(body, "jti"),
                     .audience = texts(body.if_contains("aud")),
                     .issued = seconds(body, "iat"),
                     .not_before = seconds(body, "nbf"),
                     .expires = seconds(body, "exp"),
                     .access = access_of(body)};
  check(claims, expected);
  return claims;
}

}  // namespace davit::auth
