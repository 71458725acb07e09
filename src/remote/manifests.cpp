// Manifests: distribution-spec v1.1.1, "Pulling manifests" and "Pushing Manifests".

#include <charconv>
#include <variant>

#include "base/error.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "oci/manifest.h"
#include "remote/client_state.h"
#include "remote/registry_error.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

std::string accepted_types() {
  return base::join({std::string(oci::media_type::kDockerManifest), std::string(oci::media_type::kDockerIndex),
                     std::string(oci::media_type::kOciManifest), std::string(oci::media_type::kOciIndex)},
                    ", ");
}

Call manifest_call(std::string method, const oci::RepositoryName& repository, const std::string& reference) {
  Call call{.method = std::move(method),
            .target = repository_target(repository) + "manifests/" + reference,
            .scopes = {Scope::pull(repository)}};
  call.headers.set("Accept", accepted_types());
  return call;
}

// As users write it: "127.0.0.1:5000/team/app:latest", "alpine@sha256:…".
std::string shown(const oci::RepositoryName& repository, const std::string& reference) {
  return repository.familiar() + (reference.find(':') == std::string::npos ? ":" : "@") + reference;
}

std::string content_type(const http::Response& response) {
  const std::string value = response.headers.get("Content-Type").value_or("");
  return std::string(base::trim(std::string_view(value).substr(0, value.find(';'))));
}

std::optional<oci::Digest> told_digest(const http::Response& response) {
  return oci::Digest::try_parse(response.headers.get("Docker-Content-Digest").value_or(""));
}

std::optional<std::uint64_t> told_size(const http::ResponseHead& response) {
  const std::string value = response.headers.get("Content-Length").value_or("");
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return size;
}

[[noreturn]] void throw_wrong_digest(const std::string& what, const oci::Digest& wanted, const oci::Digest& got) {
  throw Error::format(Code::kCorrupt, "manifest verification failed for {}: expected digest {}, got {}", what,
                      wanted.text(), got.text());
}

[[noreturn]] void throw_too_large(const std::string& what) {
  throw Error::format(Code::kInvalidArgument, "the manifest of {} is larger than the {} bytes that davit accepts", what,
                      oci::kMaxManifestBytes);
}

// dockerd's words for a pull that the registry refuses (its notFoundError).
Error pull_error(std::string_view method, const oci::RepositoryName& repository, const std::string& reference,
                 const http::Response& response) {
  Error error = to_error(method, response);
  const auto told = errors_of(response);
  const std::string code = told.empty() ? "" : told[0].code;
  const std::string what = shown(repository, reference);
  if (code == "DENIED") {
    return Error(error.code(), "pull access denied for " + repository.familiar() +
                                   ", repository does not exist or may require 'davit login': " + error.message());
  }
  if (response.status != 404) return error;
  if (code == "NAME_UNKNOWN") {
    return Error(Code::kNotFound, "repository " + repository.familiar() + " not found: " + error.message());
  }
  return Error(Code::kNotFound, "manifest for " + what + " not found: " +
                                    (told.empty() ? "manifest unknown: manifest unknown" : error.message()));
}

class ManifestSink final : public base::Sink {
 public:
  explicit ManifestSink(std::string what) : what_(std::move(what)) {}
  void write(base::ByteView bytes) override {
    if (text_.size() + bytes.size() > oci::kMaxManifestBytes) throw_too_large(what_);
    text_ += base::as_text(bytes);
  }
  void restart() { text_.clear(); }
  std::string take() { return std::move(text_); }

 private:
  std::string what_;
  std::string text_;
};

// The manifest, or the answer that refuses it.
std::variant<RemoteManifest, http::Response> fetch(Session& session, const oci::RepositoryName& repository,
                                                   const std::string& reference) {
  const std::string what = shown(repository, reference);
  ManifestSink sink(what);
  Call call = manifest_call("GET", repository, reference);
  call.choose = [&](const http::ResponseHead& head) -> base::Sink* {
    if (told_size(head).value_or(0) > oci::kMaxManifestBytes) throw_too_large(what);
    sink.restart();  // a try before this one may have been cut
    return &sink;
  };
  http::Response response = session.send_with_retries(call);
  if (!response.ok()) return response;
  std::string bytes = sink.take();
  const auto wanted = oci::Digest::try_parse(reference);
  const auto told = told_digest(response);
  for (const auto& expected : {wanted, told}) {
    if (!expected) continue;
    const oci::Digest computed = codec::digest_of(bytes, expected->algorithm());
    if (computed != *expected) throw_wrong_digest(what, *expected, computed);
  }
  std::string type = content_type(response);
  if (type.empty() || type == "application/json" || type == "text/plain" || type == "application/octet-stream") {
    type = oci::detect_media_type(bytes);
  }
  oci::Digest digest = wanted ? *wanted : told ? *told : codec::digest_of(bytes);
  const std::size_t size = bytes.size();
  return RemoteManifest{{.media_type = std::move(type), .digest = std::move(digest), .size = size}, std::move(bytes)};
}

}  // namespace

RemoteManifest RegistryClient::get_manifest(const oci::RepositoryName& repository, const std::string& reference) {
  auto result = fetch(state_->session, repository, reference);
  if (const auto* refused = std::get_if<http::Response>(&result))
    throw pull_error("GET", repository, reference, *refused);
  return std::get<RemoteManifest>(std::move(result));
}

std::optional<RemoteManifest> RegistryClient::head_manifest(const oci::RepositoryName& repository,
                                                            const std::string& reference) {
  const Call call = manifest_call("HEAD", repository, reference);
  const http::Response response = state_->session.send_with_retries(call);
  if (response.status == 404) return std::nullopt;
  const bool no_head = response.status == 405 || response.status == 501;
  if (!response.ok() && !no_head) throw pull_error(call.method, repository, reference, response);
  const auto digest = told_digest(response);
  const auto size = told_size(response);
  const std::string type = content_type(response);
  if (no_head || !digest || !size || type.empty()) {
    auto result = fetch(state_->session, repository, reference);
    const auto* refused = std::get_if<http::Response>(&result);
    if (refused == nullptr) return std::get<RemoteManifest>(std::move(result));
    if (refused->status == 404) return std::nullopt;
    throw pull_error("GET", repository, reference, *refused);
  }
  if (const auto wanted = oci::Digest::try_parse(reference);
      wanted && wanted->algorithm() == digest->algorithm() && *wanted != *digest) {
    throw_wrong_digest(shown(repository, reference), *wanted, *digest);
  }
  return RemoteManifest{{.media_type = type, .digest = *digest, .size = *size}, {}};
}

oci::Digest RegistryClient::put_manifest(const oci::RepositoryName& repository, const std::string& reference,
                                         std::string_view media_type, std::string_view bytes) {
  Call call{.method = "PUT",
            .target = repository_target(repository) + "manifests/" + reference,
            .scopes = {Scope::push(repository)}};
  call.headers.set("Content-Type", std::string(media_type));
  call.body = [bytes] { return std::make_unique<base::MemorySource>(bytes); };
  call.body_size = bytes.size();
  const http::Response response = state_->session.send_with_retries(call);
  if (!response.ok()) {
    Error error = to_error(call.method, response);
    error.add_frame("while pushing the manifest of {}", shown(repository, reference));
    throw error;
  }
  const auto told = told_digest(response);
  oci::Digest computed = codec::digest_of(bytes, told ? told->algorithm() : oci::Algorithm::kSha256);
  if (told && *told != computed) {
    throw Error::format(Code::kCorrupt, "the registry took the manifest of {} for {}, but it is {}",
                        shown(repository, reference), told->text(), computed.text());
  }
  return computed;
}

}  // namespace davit::remote
