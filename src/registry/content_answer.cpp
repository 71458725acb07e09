#include "registry/content_answer.h"

#include <fmt/core.h>

#include "base/strings.h"

namespace davit::registry {

std::string etag_of(const oci::Digest& digest) { return "\"" + digest.text() + "\""; }

std::string content_lines(const oci::Digest& digest, std::string_view media_type) {
  http::ServerResponse lines;
  lines.add("Content-Type", media_type).add("Docker-Content-Digest", digest.text()).add("ETag", etag_of(digest));
  return lines.fields();
}

bool has_already(const http::ServerRequest& request, std::string_view etag) {
  std::string_view field = request.header("if-none-match");
  if (field.empty()) return false;
  for (auto& one : base::split(request.headers("if-none-match"), ',')) {
    std::string_view tag = base::trim(one);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    // Some clients leave the quotes out.
    if (tag == "*" || tag == etag || tag == etag.substr(1, etag.size() - 2)) return true;
  }
  return false;
}

http::ServerResponse content_answer(const http::ServerRequest& request, std::string_view etag,
                                    const std::shared_ptr<const std::string>& lines,
                                    const std::shared_ptr<const std::string>& body) {
  const bool same = has_already(request, etag);
  http::ServerResponse response(same ? 304 : 200);
  response.more_fields(lines);
  if (!same) response.body(body);
  return response;
}

}  // namespace davit::registry
