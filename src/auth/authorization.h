#pragma once
// The Authorization field of a request: RFC 9110, 11.6.2.

#include <string>
#include <string_view>
#include <variant>

namespace davit::auth {

struct NoCredentials {};
struct BasicCredentials {
  std::string user, password;
};
struct BearerCredentials {
  std::string token;
};
using Credentials = std::variant<NoCredentials, BasicCredentials, BearerCredentials>;

// An empty field is none. Throws Error(kUnauthorized) for another scheme and for what is malformed, without telling it.
Credentials parse_authorization(std::string_view field);

}  // namespace davit::auth
