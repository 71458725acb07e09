// GET, HEAD and DELETE of blobs: distribution-spec "Pulling blobs", "Deleting Blobs".

#include "base/error.h"
#include "registry/byte_range.h"
#include "registry/call.h"
#include "registry/content_answer.h"

namespace davit::registry {

namespace {

using oci::Digest;

constexpr std::uint64_t kSmall = 64 * 1024;  // kept in memory
// A blob that somebody damages on the disk is told of at the latest then.
constexpr std::chrono::seconds kTrusted{2};

http::ServerResponse unknown(const Digest& digest) {
  return refuse(Problem::kBlobUnknown, {}, detail("digest", digest.text()));
}

http::ServerResponse send_file(const BlobContent& content, const std::optional<ByteRange>& range,
                               const std::string& lines) {
  if (range && !range->satisfiable) {
    auto refusal = refuse_as(416, Problem::kSizeInvalid, "the range lies outside of the blob");
    refusal.add("Content-Range", fmt::format("bytes */{}", content.size));
    return refusal;
  }
  http::ServerResponse response(range ? 206 : 200);
  response.more_fields(std::make_shared<const std::string>(lines));
  if (range) {
    response.add("Content-Range",
                 fmt::format("bytes {}-{}/{}", range->first, range->first + range->size - 1, content.size));
  }
  response.body(http::FileBody{content.file, range ? range->first : 0, range ? range->size : content.size});
  return response;
}

http::ServerResponse remember(const Call& call, const BlobContent& content, const std::string& etag,
                              const std::string& lines, std::uint64_t generation) {
  std::string bytes(content.size, '\0');
  content.file->read_at(std::as_writable_bytes(std::span(bytes)), 0);
  CachedContent cached{.generation = generation,
                       .until = std::chrono::steady_clock::now() + kTrusted,
                       .repository = call.repository(),
                       .etag = etag,
                       .lines = std::make_shared<const std::string>(lines),
                       .body = std::make_shared<const std::string>(std::move(bytes))};
  auto answer = content_answer(call.request, etag, cached.lines, cached.body);
  call.context.cache.put(call.request.path(), std::move(cached));
  return answer;
}

}  // namespace

Started get_blob(const Call& call) {
  const auto digest = Digest::try_parse(call.route.reference);
  if (!digest) return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", call.route.reference));
  const std::uint64_t generation = call.metadata().generation();
  const auto size = call.metadata().blob(call.repository(), *digest);
  if (!size || !call.bytes().holds(*digest, *size)) return unknown(*digest);
  const std::string etag = etag_of(*digest);
  const std::string lines = content_lines(*digest, "application/octet-stream") +
                            "Accept-Ranges: bytes\r\nCache-Control: max-age=31536000, immutable\r\n";
  const bool ranged = call.request.has_header("range") &&
                      (!call.request.has_header("if-range") || call.request.header("if-range") == etag);
  if (call.request.method == "HEAD" && !ranged) {
    http::ServerResponse response(has_already(call.request, etag) ? 304 : 200);
    response.add("Accept-Ranges", "bytes").more_fields(std::make_shared<const std::string>(lines));
    response.told_length(*size);
    return response;
  }
  if (has_already(call.request, etag))
    return content_answer(call.request, etag, std::make_shared<std::string>(lines), {});
  const auto content = call.bytes().open(*digest);
  if (!content) return unknown(*digest);
  if (!ranged && content->size <= kSmall) return remember(call, *content, etag, lines, generation);
  return send_file(*content, ranged ? parse_range(call.request.header("range"), content->size) : std::nullopt, lines);
}

Started delete_blob(const Call& call) {
  const auto digest = Digest::try_parse(call.route.reference);
  if (!digest) return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", call.route.reference));
  if (!call.metadata().remove_blob(call.repository(), *digest)) return unknown(*digest);
  return http::ServerResponse(202);
}

}  // namespace davit::registry
