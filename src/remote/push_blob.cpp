// Pushing blobs: distribution-spec v1.1.1, "Pushing blobs" (a session by POST, the bytes by PATCH, the end by PUT, as
// docker does it) and "Mounting a blob from another repository".

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "remote/client_state.h"
#include "remote/registry_error.h"
#include "remote/upload_body.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

constexpr std::uint64_t kFirstChunk = 32 * 1024 * 1024;
constexpr std::uint64_t kSmallestChunk = 256 * 1024;

// Whether a refusal of a body is about its size or its being one stream, so that smaller pieces may do.
bool wants_chunks(int status) {
  return status == 400 || status == 405 || status == 411 || status == 413 || status == 416;
}

// A lost upload session (404, 416 of a chunk) is begun anew, as what may_pass() names is.
bool may_begin_anew(int status) { return may_pass(status) || status == 404 || status == 416; }

class BlobPush {
 public:
  BlobPush(Session& session, std::atomic<std::uint64_t>& chunk_size, const oci::RepositoryName& repository,
           const oci::Descriptor& blob, const SourceFactory& open, const std::function<void(std::int64_t)>& sent)
      : session_(session), chunk_size_(chunk_size), repository_(repository), blob_(blob), body_(open, sent) {}

  UploadResult run(const std::optional<oci::RepositoryName>& mount_from) {
    if (is_there()) return UploadResult::kAlreadyThere;
    std::optional<http::Response> begun;
    if (mount_from) {
      begun = begin(&*mount_from);
      if (begun->status == 201) return UploadResult::kMounted;
      // A registry that forbids the mount, or knows none, may still take the blob.
      if (begun->status != 202) begun.reset();
    }
    Retrier retrier(session_.options());
    for (;;) {
      try {
        if (!begun) begun = begin(nullptr);
        if (begun->status != 202) throw to_error("POST", *begun);
        const auto refused = upload(*begun);
        if (!refused) return UploadResult::kUploaded;
        if (use_smaller_chunks(*refused)) {
          retrier.progressed();
        } else if (!may_begin_anew(refused->status) || !retrier.wait(*refused)) {
          throw to_error(refused_method_, *refused);
        }
      } catch (const http::TransportError& e) {
        base::log::debug("{}", e.message());
        if (!session_.may_pass(e) || !retrier.wait()) throw;
      }
      begun.reset();
      // The answer that was lost may have been a good one.
      if (is_there()) return UploadResult::kUploaded;
    }
  }

 private:
  Call call(std::string method) const {
    Call made{.method = std::move(method), .target = {}, .scopes = {Scope::push(repository_)}};
    made.named = false;
    return made;
  }

  bool is_there() {
    Call head = call("HEAD");
    head.target = blob_target(repository_, blob_.digest);
    const http::Response response = session_.send_with_retries(head);
    if (response.status == 404) return false;
    if (!response.ok()) throw to_error(head.method, response);
    return true;
  }

  http::Response begin(const oci::RepositoryName* mount_from) {
    Call post = call("POST");
    post.target = repository_target(repository_) + "blobs/uploads/";
    if (mount_from != nullptr) {
      post.target +=
          "?mount=" + http::percent_encode(blob_.digest.text()) + "&from=" + http::percent_encode(mount_from->path());
      post.scopes.push_back(Scope::pull(*mount_from));
    }
    return session_.send_with_retries(post);
  }

  // Where the upload goes on, as the last answer said.
  http::Url location(const http::Response& response) const {
    const auto value = response.headers.get("Location");
    if (!value) {
      throw Error::format(Code::kUnavailable, "{}: the answer says no place to upload to",
                          http::describe("POST", response.url));
    }
    http::Url url = response.url.resolve(*value);
    if (response.url.scheme == "https" && url.scheme == "http") {
      throw Error::format(Code::kPermissionDenied, "{}: refused to upload over plain HTTP, to {}",
                          http::describe("POST", response.url), base::printable(url.redacted()));
    }
    return url;
  }

  // The answer of whatever step was refused; nothing when the blob is up.
  std::optional<http::Response> upload(const http::Response& begun) {
    std::uint64_t least = 0;
    const std::string told = begun.headers.get("OCI-Chunk-Min-Length").value_or("");
    std::from_chars(told.data(), told.data() + told.size(), least);
    smallest_chunk_ = std::max(least, kSmallestChunk);
    const std::uint64_t chunk = chunk_size_ == 0 ? blob_.size : std::max<std::uint64_t>(chunk_size_, smallest_chunk_);
    http::Url url = location(begun);
    for (std::uint64_t offset = 0; offset < blob_.size;) {
      const std::uint64_t length = std::min(chunk, blob_.size - offset);
      Call patch = call("PATCH");
      patch.url = url;
      patch.headers.set("Content-Type", "application/octet-stream");
      if (chunk_size_ != 0) {
        patch.headers.set("Content-Range", std::to_string(offset) + "-" + std::to_string(offset + length - 1));
      }
      patch.body = [this, offset, length] { return body_.from(offset, length); };
      patch.body_size = length;
      http::Response response = session_.send(patch);
      if (response.status != 202) return refuse(std::move(patch.method), std::move(response));
      url = location(response);
      offset += length;
    }
    Call put = call("PUT");
    put.url = url;
    put.url->add_query("digest", blob_.digest.text());
    http::Response response = session_.send(put);
    if (response.status != 201 && response.status != 204) return refuse(std::move(put.method), std::move(response));
    const auto digest = oci::Digest::try_parse(response.headers.get("Docker-Content-Digest").value_or(""));
    if (digest && digest->algorithm() == blob_.digest.algorithm() && *digest != blob_.digest) {
      throw Error::format(Code::kCorrupt, "the registry took blob {} for {}", blob_.digest.text(), digest->text());
    }
    return std::nullopt;
  }

  std::optional<http::Response> refuse(std::string method, http::Response response) {
    refused_method_ = std::move(method);
    return response;
  }

  // After a refused PATCH: whether to try again in pieces, or in smaller ones. What suits is remembered for other
  // blobs.
  bool use_smaller_chunks(const http::Response& refused) {
    if (refused_method_ != "PATCH") return false;
    const std::uint64_t now = chunk_size_;
    if (now == 0 ? !wants_chunks(refused.status) : refused.status != 413) return false;
    const std::uint64_t before = now == 0 ? std::min(blob_.size, kFirstChunk * 4) : std::min(now, blob_.size);
    const std::uint64_t next = now == 0 && refused.status != 413 ? kFirstChunk : std::max(before / 4, smallest_chunk_);
    if (now != 0 && next >= now) return false;
    base::log::debug("{} refuses a body of {} bytes: chunks of {} from now on", session_.host(), before, next);
    chunk_size_ = next;
    return true;
  }

  Session& session_;
  std::atomic<std::uint64_t>& chunk_size_;
  const oci::RepositoryName& repository_;
  const oci::Descriptor& blob_;
  UploadBody body_;
  std::uint64_t smallest_chunk_ = kSmallestChunk;
  std::string refused_method_;
};

}  // namespace

UploadResult RegistryClient::push_blob(const oci::RepositoryName& repository, const oci::Descriptor& blob,
                                       const std::optional<oci::RepositoryName>& mount_from, const SourceFactory& open,
                                       const std::function<void(std::int64_t)>& sent) {
  try {
    return BlobPush(state_->session, state_->chunk_size, repository, blob, open, sent).run(mount_from);
  } catch (Error& e) {
    e.add_frame("while pushing blob {} to {}", blob.digest.text(), repository.text());
    throw;
  }
}

}  // namespace davit::remote
