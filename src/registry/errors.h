#pragma once
// The error codes of the OCI distribution spec (v1.1.1, "Error Codes") as one table: what clients read, the status, and
// when it is said.

#include <chrono>
#include <string>
#include <string_view>

#include "http/response.h"

namespace davit::registry {

enum class Problem {
  kBlobUnknown,
  kBlobUploadInvalid,
  kBlobUploadUnknown,
  kDigestInvalid,
  kManifestBlobUnknown,
  kManifestInvalid,
  kManifestUnknown,
  kNameInvalid,
  kNameUnknown,
  kSizeInvalid,
  kTagInvalid,
  kUnauthorized,
  kDenied,
  kUnsupported,
  kTooManyRequests,
  kRangeInvalid,
  kTooLarge,
  kBadRequest,
  kNoSpace,
  kUnavailable,
  kUnknown,
};

struct ErrorRow {
  Problem problem;
  std::string_view code;
  int status;
  std::string_view when;  // also the message where none is given
};

const ErrorRow& row_of(Problem problem);

// {"errors":[{"code","message","detail"}]}; `detail` is JSON, or empty.
http::ServerResponse refuse(Problem problem, std::string_view message = {}, std::string_view detail = {});
// The same under another status of HTTP.
http::ServerResponse refuse_as(int status, Problem problem, std::string_view message, std::string_view detail = {});
// 429: too many requests, to be repeated after that time.
http::ServerResponse refuse_until(std::chrono::seconds after, std::string_view message);
// {"name":"value"}
std::string detail(std::string_view name, std::string_view value);

}  // namespace davit::registry
