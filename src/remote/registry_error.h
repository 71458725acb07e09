#pragma once
// What a registry's refusal says (distribution-spec, "Error Codes"), as an Error with docker's words.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/client.h"

namespace davit::remote {

struct RegistryError {
  std::string code;          // "MANIFEST_UNKNOWN"
  std::string message;       // "manifest unknown"
  std::string text() const;  // "manifest unknown: manifest unknown"; control characters escaped
};

// The errors of an answer: those of its body, or the one that a Bearer challenge names (insufficient_scope), or what
// the status alone means for 401, 403 and 429. Empty when nothing is known. Never throws.
std::vector<RegistryError> errors_of(const http::Response& answer);

// An answer that is not what was asked for. The code follows the status; the message is the registry's first errors,
// else 'Get "URL": received unexpected HTTP status: 500 Internal Server Error'.
base::Error to_error(std::string_view method, const http::Response& answer);

}  // namespace davit::remote
