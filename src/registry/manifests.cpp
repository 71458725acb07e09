// GET, HEAD, PUT and DELETE of manifests: distribution-spec "Pulling manifests", "Pushing Manifests", "Deleting tags",
// "Deleting Manifests".

#include "base/error.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "oci/reference.h"
#include "registry/call.h"
#include "registry/content_answer.h"
#include "registry/manifest_document.h"

namespace davit::registry {

namespace {

using base::Error;
using oci::Digest;

constexpr auto kForever = std::chrono::steady_clock::time_point::max();

http::ServerResponse unknown(const Call& call) {
  return refuse(Problem::kManifestUnknown, {}, detail("reference", call.route.reference));
}

std::string place_of(const Call& call, const std::string& reference) {
  return "/v2/" + call.repository() + "/manifests/" + reference;
}

// What is missing or of another size of what the manifest names.
std::optional<http::ServerResponse> check_links(const Call& call, const ManifestDocument& document) {
  if (call.context.settings.sparse_manifests) return std::nullopt;
  for (const auto& blob : document.blobs) {
    const auto size = call.metadata().blob(call.repository(), blob.digest);
    if (!size || !call.bytes().holds(blob.digest, *size))
      return refuse(Problem::kManifestBlobUnknown, "blob unknown to registry", detail("digest", blob.digest.text()));
    if (*size != blob.size) {
      return refuse(Problem::kManifestInvalid, fmt::format("the manifest gives blob {} {} bytes, it has {}",
                                                           blob.digest.text(), blob.size, *size));
    }
  }
  for (const auto& manifest : document.manifests) {
    if (!call.metadata().has_manifest(call.repository(), manifest.digest))
      return refuse(Problem::kManifestBlobUnknown, "manifest unknown to registry",
                    detail("digest", manifest.digest.text()));
  }
  return std::nullopt;
}

ManifestRecord record_of(const ManifestDocument& document, const Digest& digest, std::string bytes) {
  ManifestRecord record{.digest = digest,
                        .media_type = document.media_type,
                        .bytes = std::move(bytes),
                        .artifact_type = document.artifact_type,
                        .annotations = document.annotations};
  if (document.subject) record.subject = document.subject->digest;
  for (const auto& blob : document.blobs) record.blobs.push_back(blob.digest);
  for (const auto& manifest : document.manifests) record.manifests.push_back(manifest.digest);
  return record;
}

// The tags of a push: its reference, or those of `?tag=`.
std::variant<std::vector<std::string>, http::ServerResponse> asked_tags(const Call& call, bool by_digest) {
  std::vector<std::string> tags = call.query.all("tag");
  if (!by_digest) {
    if (!tags.empty()) return refuse(Problem::kTagInvalid, "?tag= belongs to a push by digest");
    tags = {call.route.reference};
  }
  for (const auto& tag : tags) {
    if (!oci::is_valid_tag(tag)) return refuse(Problem::kTagInvalid, {}, detail("tag", tag));
  }
  return tags;
}

http::ServerResponse store_manifest(const Call& call, std::string bytes) {
  const auto asked = Digest::try_parse(call.route.reference);
  if (!asked && call.route.reference.find(':') != std::string::npos)
    return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", call.route.reference));
  auto tags = asked_tags(call, asked.has_value());
  if (auto* refusal = std::get_if<http::ServerResponse>(&tags)) return std::move(*refusal);
  const auto digest = codec::digest_of(bytes, asked ? asked->algorithm() : oci::Algorithm::kSha256);
  if (asked && digest != *asked) return refuse(Problem::kDigestInvalid, {}, detail("digest", call.route.reference));
  ManifestDocument document;
  try {
    document = read_manifest(bytes, call.request.header("content-type"));
  } catch (const Error& error) {
    return refuse(Problem::kManifestInvalid, error.message());
  }
  if (auto refusal = check_links(call, document)) return std::move(*refusal);
  const auto& names = std::get<std::vector<std::string>>(tags);
  call.metadata().put_manifest(call.repository(), record_of(document, digest, std::move(bytes)), names, call.who());
  http::ServerResponse response(201);
  response.add("Location", place_of(call, asked ? digest.text() : call.route.reference));
  response.add("Docker-Content-Digest", digest.text());
  if (document.subject) response.add("OCI-Subject", document.subject->digest.text());
  if (asked) {
    for (const auto& name : names) response.add("OCI-Tag", name);
  }
  return response;
}

}  // namespace

Started get_manifest(const Call& call) {
  const std::uint64_t generation = call.metadata().generation();
  auto digest = Digest::try_parse(call.route.reference);
  if (!digest && oci::is_valid_tag(call.route.reference))
    digest = call.metadata().tag(call.repository(), call.route.reference);
  auto record = digest ? call.metadata().manifest(call.repository(), *digest) : std::nullopt;
  if (!record) return unknown(call);
  CachedContent cached{.generation = generation,
                       .until = kForever,
                       .repository = call.repository(),
                       .etag = etag_of(*digest),
                       .lines = std::make_shared<const std::string>(content_lines(*digest, record->media_type)),
                       .body = std::make_shared<const std::string>(std::move(record->bytes))};
  auto answer = content_answer(call.request, cached.etag, cached.lines, cached.body);
  call.context.cache.put(call.request.path(), std::move(cached));
  return answer;
}

Started put_manifest(const Call& call) {
  const std::size_t limit = call.context.settings.manifest_bytes;
  return http::collect(
      limit, [limit] { return refuse(Problem::kTooLarge, fmt::format("a manifest may have {} bytes here", limit)); },
      [&call](std::string bytes) { return store_manifest(call, std::move(bytes)); });
}

Started delete_manifest(const Call& call) {
  if (const auto digest = Digest::try_parse(call.route.reference)) {
    if (!call.metadata().remove_manifest(call.repository(), *digest, call.who())) return unknown(call);
    return http::ServerResponse(202);
  }
  if (call.route.reference.find(':') != std::string::npos)
    return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", call.route.reference));
  if (!oci::is_valid_tag(call.route.reference)) return refuse(Problem::kTagInvalid);
  if (!call.metadata().remove_tag(call.repository(), call.route.reference, call.who())) return unknown(call);
  return http::ServerResponse(202);
}

}  // namespace davit::registry
