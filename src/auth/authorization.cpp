#include "auth/authorization.h"

#include "base/error.h"
#include "base/strings.h"

namespace davit::auth {

using base::Code;
using base::Error;

Credentials parse_authorization(std::string_view field) {
  field = base::trim(field);
  if (field.empty()) return NoCredentials{};
  const std::size_t space = field.find(' ');
  const std::string scheme = base::to_lower(field.substr(0, space));
  const std::string_view value = space == std::string_view::npos ? std::string_view() : base::trim(field.substr(space));
  if (scheme == "bearer" && !value.empty() && value.find(' ') == std::string_view::npos)
    return BearerCredentials{std::string(value)};
  if (scheme == "basic") {
    try {
      const std::string pair = base::from_base64(value);
      if (const std::size_t colon = pair.find(':'); colon != std::string::npos)
        return BasicCredentials{pair.substr(0, colon), pair.substr(colon + 1)};
    } catch (const Error&) {
      // told below
    }
  }
  throw Error(Code::kUnauthorized, "the Authorization field is neither Basic nor Bearer, or malformed");
}

}  // namespace davit::auth
