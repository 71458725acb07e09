// A connection's bytes as a client may send them, in pieces. Whatever they are: what is taken for a request is one that
// no other reader takes for another, its body is as long as it told, and the pieces make no difference.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/request_parser.h"
#include "tests/fuzz/require.h"

namespace {

using davit::http::RequestParser;
using davit::http::ServerRequest;

// What came of it, as text; `step`: how many bytes come at once.
std::string outcome(std::string_view bytes, std::size_t step) {
  ServerRequest request;
  RequestParser parser(request, {.header_bytes = 4096});
  std::string body, kept;
  bool header = false;
  while (true) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    kept += piece;
    while (true) {
      const auto used = parser.put(kept, [&](std::string_view part) { body += part; });
      kept.erase(0, used.bytes);
      if (used.progress == RequestParser::Progress::kFailed) return "failed";
      header = header || used.progress == RequestParser::Progress::kHeader;
      if (header && parser.done()) {
        require(!request.method.empty() && !request.target().empty());
        require(request.count_header("content-length") + request.count_header("transfer-encoding") <= 1);
        require(request.chunked || body.size() == request.content_length.value_or(0));
        return request.method + " " + std::string(request.target()) + "\n" + body;
      }
      if (used.progress != RequestParser::Progress::kHeader) break;
    }
    if (bytes.empty()) return "more";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16 * 1024) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = outcome(bytes, bytes.size());
  const std::string parts = outcome(bytes, 1 + size % 7);
  // A header that is too long is told as soon as it is, however much is to come.
  require(whole == parts || whole == "failed" || parts == "failed");
  return 0;
}
