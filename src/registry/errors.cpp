#include "registry/errors.h"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

namespace davit::registry {

namespace json = boost::json;

namespace {

using enum Problem;

constexpr std::array kRows = {
    ErrorRow{kBlobUnknown, "BLOB_UNKNOWN", 404, "blob unknown to registry"},
    ErrorRow{kBlobUploadInvalid, "BLOB_UPLOAD_INVALID", 400, "blob upload invalid"},
    ErrorRow{kBlobUploadUnknown, "BLOB_UPLOAD_UNKNOWN", 404, "blob upload unknown to registry"},
    ErrorRow{kDigestInvalid, "DIGEST_INVALID", 400, "provided digest did not match uploaded content"},
    ErrorRow{kManifestBlobUnknown, "MANIFEST_BLOB_UNKNOWN", 404,
             "manifest references a manifest or blob unknown to registry"},
    ErrorRow{kManifestInvalid, "MANIFEST_INVALID", 400, "manifest invalid"},
    ErrorRow{kManifestUnknown, "MANIFEST_UNKNOWN", 404, "manifest unknown"},
    ErrorRow{kNameInvalid, "NAME_INVALID", 400, "invalid repository name"},
    ErrorRow{kNameUnknown, "NAME_UNKNOWN", 404, "repository name not known to registry"},
    ErrorRow{kSizeInvalid, "SIZE_INVALID", 400, "provided length did not match content length"},
    ErrorRow{kTagInvalid, "TAG_INVALID", 400, "invalid tag name"},
    ErrorRow{kUnauthorized, "UNAUTHORIZED", 401, "authentication required"},
    ErrorRow{kDenied, "DENIED", 403, "requested access to the resource is denied"},
    ErrorRow{kUnsupported, "UNSUPPORTED", 405, "the operation is unsupported"},
    ErrorRow{kTooManyRequests, "TOOMANYREQUESTS", 429, "too many requests"},
    ErrorRow{kRangeInvalid, "BLOB_UPLOAD_INVALID", 416, "the chunk does not continue the upload"},
    ErrorRow{kTooLarge, "SIZE_INVALID", 413, "the content is too large"},
    ErrorRow{kBadRequest, "UNSUPPORTED", 400, "malformed request"},
    ErrorRow{kNoSpace, "UNAVAILABLE", 507, "the registry has no space left"},
    ErrorRow{kUnavailable, "UNAVAILABLE", 503, "the registry cannot do this now; try again later"},
    ErrorRow{kUnknown, "UNKNOWN", 500, "an error on the registry's side; its log tells more"},
};

}  // namespace

const ErrorRow& row_of(Problem problem) {
  return *std::find_if(kRows.begin(), kRows.end(), [&](const ErrorRow& row) { return row.problem == problem; });
}

http::ServerResponse refuse_as(int status, Problem problem, std::string_view message, std::string_view detail) {
  const ErrorRow& row = row_of(problem);
  json::object error;
  error["code"] = row.code;
  error["message"] = message.empty() ? row.when : message;
  if (!detail.empty()) error["detail"] = json::parse(detail);
  http::ServerResponse response(status);
  response.add("Content-Type", "application/json");
  response.body(json::serialize(json::object{{"errors", json::array{std::move(error)}}}));
  return response;
}

http::ServerResponse refuse(Problem problem, std::string_view message, std::string_view detail) {
  return refuse_as(row_of(problem).status, problem, message, detail);
}

http::ServerResponse refuse_until(std::chrono::seconds after, std::string_view message) {
  return refuse(Problem::kTooManyRequests, message).add("Retry-After", static_cast<std::uint64_t>(after.count()));
}

std::string detail(std::string_view name, std::string_view value) {
  return json::serialize(json::object{{name, value}});
}

}  // namespace davit::registry
