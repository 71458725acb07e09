#pragma once
// Answers with content that has a digest. Private to src/registry.

#include <memory>
#include <string>

#include "http/request.h"
#include "http/response.h"
#include "oci/digest.h"

namespace davit::registry {

// The header fields that tell what it is, as whole lines.
std::string content_lines(const oci::Digest& digest, std::string_view media_type);
std::string etag_of(const oci::Digest& digest);
// Whether If-None-Match names it: RFC 9110, 13.1.2.
bool has_already(const http::ServerRequest& request, std::string_view etag);
// 304, or 200 with the body.
http::ServerResponse content_answer(const http::ServerRequest& request, std::string_view etag,
                                    const std::shared_ptr<const std::string>& lines,
                                    const std::shared_ptr<const std::string>& body);

}  // namespace davit::registry
