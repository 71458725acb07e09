#include "remote/registry_error.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/strings.h"
#include "remote/challenge.h"

namespace davit::remote {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::text_member;

namespace {

constexpr std::size_t kShownErrors = 3;
constexpr char kAuthenticationRequired[] = "authentication required";
constexpr char kDenied[] = "requested access to the resource is denied";

// What distribution says where the registry gives a code alone.
std::string default_message(const std::string& code) {
  if (code == "UNAUTHORIZED") return kAuthenticationRequired;
  if (code == "DENIED") return kDenied;
  if (code == "MANIFEST_UNKNOWN") return "manifest unknown";
  if (code == "NAME_UNKNOWN") return "repository name not known to registry";
  if (code == "BLOB_UNKNOWN") return "blob unknown to registry";
  if (code == "TOOMANYREQUESTS") return "too many requests";
  return "unknown error";
}

std::vector<RegistryError> errors_of_body(const http::Response& answer) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  const json::value body = json::parse(answer.body, error, {}, options);
  if (error || !body.is_object()) return {};
  std::vector<RegistryError> found;
  const json::value* list = body.as_object().if_contains("errors");
  if (list != nullptr && list->is_array()) {
    for (const auto& entry : list->as_array()) {
      if (!entry.is_object() || found.size() == kShownErrors) continue;
      RegistryError one{text_member(entry.as_object(), "code"), text_member(entry.as_object(), "message")};
      if (one.message.empty()) one.message = default_message(one.code);
      if (one.code.empty()) one.code = "UNKNOWN";
      found.push_back(std::move(one));
    }
  }
  // Docker Hub's token server.
  const std::string details = text_member(body.as_object(), "details");
  if (found.empty() && !details.empty()) {
    found.push_back({answer.status == 401   ? "UNAUTHORIZED"
                     : answer.status == 429 ? "TOOMANYREQUESTS"
                                            : "UNKNOWN",
                     details});
  }
  return found;
}

std::vector<RegistryError> errors_of_challenge(const http::Response& answer) {
  for (const auto& header : answer.headers.all("WWW-Authenticate")) {
    for (const auto& challenge : parse_challenges(header)) {
      if (challenge.scheme != "bearer") continue;
      const std::string error = challenge.parameter("error");
      std::string code;
      if (error == "insufficient_scope") code = "DENIED";
      if (error == "invalid_token") code = "UNAUTHORIZED";
      if (code.empty()) continue;
      const std::string words = challenge.parameter("error_description");
      return {{code, words.empty() ? default_message(code) : words}};
    }
  }
  return {};
}

Code code_of(int status) {
  switch (status) {
    case 400:
    case 413:
    case 416:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthorized;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 405:
    case 501:
      return Code::kNotSupported;
    case 409:
      return Code::kConflict;
    default:
      return Code::kUnavailable;
  }
}

}  // namespace

std::string RegistryError::text() const {
  std::string words = base::to_lower(code);
  std::replace(words.begin(), words.end(), '_', ' ');
  return base::printable(words, 60) + ": " + base::printable(message, 400);
}

std::vector<RegistryError> errors_of(const http::Response& answer) {
  if (answer.status >= 500) return {};
  std::vector<RegistryError> errors;
  if (answer.status == 401) errors = errors_of_challenge(answer);
  if (errors.empty()) errors = errors_of_body(answer);
  if (!errors.empty()) return errors;
  if (answer.status == 401) return {{"UNAUTHORIZED", kAuthenticationRequired}};
  if (answer.status == 403) return {{"DENIED", kDenied}};
  if (answer.status == 429) return {{"TOOMANYREQUESTS", "too many requests"}};
  return {};
}

Error to_error(std::string_view method, const http::Response& answer) {
  const auto errors = errors_of(answer);
  if (errors.empty()) {
    return Error(code_of(answer.status),
                 http::describe(method, answer.url) + ": received unexpected HTTP status: " + answer.status_text());
  }
  std::vector<std::string> texts;
  for (const auto& error : errors) texts.push_back(error.text());
  std::string message = base::join(texts, "; ");
  if (const auto wait = answer.headers.get("Retry-After"); answer.status == 429 && wait) {
    message += " (Retry-After: " + base::printable(*wait, 40) + ")";
  }
  // A registry that answers 401 to a token of too small a grant denies; more of authentication does not help.
  const bool denied = answer.status == 401 && errors[0].code == "DENIED";
  return Error(denied ? Code::kPermissionDenied : code_of(answer.status), std::move(message));
}

}  // namespace davit::remote
