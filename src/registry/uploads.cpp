// Uploads: distribution-spec "Pushing blobs", monolithic, chunked and streamed; mounts; and their ends.

#include "base/error.h"
#include "registry/byte_range.h"
#include "registry/call.h"

namespace davit::registry {

namespace {

using base::Code;
using base::Error;
using oci::Digest;

constexpr std::size_t kMostHolders = 100;  // looked at for one whose blobs the caller may pull

std::string place_of(const Call& call, const std::string& id) {
  return "/v2/" + call.repository() + "/blobs/uploads/" + id;
}

// How far the upload is: "0-N", N the last byte; of nothing "0-0", as docker's registry says.
http::ServerResponse progress(const Call& call, int status, const std::string& id, std::uint64_t offset) {
  http::ServerResponse response(status);
  response.add("Location", place_of(call, id));
  response.add("Range", fmt::format("0-{}", offset == 0 ? 0 : offset - 1));
  response.add("Docker-Upload-UUID", id);
  return response;
}

http::ServerResponse unknown(const Call& call) {
  return refuse(Problem::kBlobUploadUnknown, {}, detail("upload", call.route.reference));
}

http::ServerResponse created(const Call& call, const Digest& digest) {
  http::ServerResponse response(201);
  response.add("Location", "/v2/" + call.repository() + "/blobs/" + digest.text());
  response.add("Docker-Content-Digest", digest.text());
  return response;
}

// Docker shows the message to whoever pushes.
http::ServerResponse over_quota(const QuotaUse& full, std::uint64_t size) {
  return refuse(Problem::kDenied,
                fmt::format("quota exceeded: the blobs of {} may have {} bytes, {} are used, and this one has {}",
                            full.quota.repositories, full.quota.bytes, full.used, size));
}

// Takes the body of a POST, PATCH or PUT; with a digest it ends the upload.
class UploadBody final : public http::Exchange {
 public:
  UploadBody(const Call& call, std::string id, std::unique_ptr<Upload> upload, std::optional<Digest> digest)
      : call_(call), id_(std::move(id)), upload_(std::move(upload)), digest_(std::move(digest)) {}

  // What the request tells of its place in the upload and of its bytes, before any of them.
  std::optional<http::ServerResponse> check() {
    begin_ = upload_->offset();
    if (auto refusal = check_range()) return refusal;
    for (auto& use : call_.metadata().quotas_of(call_.repository())) {
      if (!smallest_ || use.quota.bytes < smallest_->quota.bytes) smallest_ = std::move(use);
    }
    const auto length = call_.request.content_length;
    return length ? check_quota(begin_ + *length) : std::nullopt;
  }

  void body(base::ByteView bytes) override {
    const std::uint64_t limit = call_.context.settings.blob_bytes;
    if (too_large_ || (limit != 0 && upload_->offset() + bytes.size() > limit)) {
      too_large_ = true;
      return;
    }
    if (has_quota_exceeded(upload_->offset() + bytes.size())) return;
    try {
      upload_->write(bytes);
    } catch (const Error& error) {
      // A client that is told of a full disk comes again from the start, if at all: the space is given back.
      if (error.code() == Code::kNoSpace) upload_->cancel();
      throw;
    }
  }

  http::ServerResponse finish() override {
    if (too_large_) {
      upload_->cancel();
      return refuse(Problem::kTooLarge,
                    fmt::format("a blob may have {} bytes here", call_.context.settings.blob_bytes));
    }
    if (exceeded_) {
      upload_->cancel();
      return over_quota(*smallest_, *exceeded_);
    }
    if (range_ && upload_->offset() - begin_ != range_->last - range_->first + 1) {
      upload_->rewind();
      return refuse(Problem::kSizeInvalid, "the body is not as long as Content-Range tells");
    }
    if (!digest_) {
      upload_->suspend();
      const std::uint64_t offset = upload_->offset();
      upload_.reset();
      return progress(call_, 202, id_, offset);
    }
    return commit();
  }

 private:
  std::optional<http::ServerResponse> check_range() {
    const std::string_view field = call_.request.header("content-range");
    if (field.empty()) return std::nullopt;
    range_ = parse_chunk_range(field);
    if (!range_) return refuse(Problem::kBlobUploadInvalid, "malformed Content-Range: expected FIRST-LAST");
    if (range_->first != begin_) return out_of_order();
    const auto length = call_.request.content_length;
    if (length && *length != range_->last - range_->first + 1)
      return refuse(Problem::kSizeInvalid, "Content-Range and Content-Length tell different lengths");
    return std::nullopt;
  }

  // Before the digest is known the blob may be one that costs nothing, but none of a quota is larger than that.
  bool has_quota_exceeded(std::uint64_t size) {
    if (!exceeded_ && smallest_ && size > smallest_->quota.bytes) exceeded_ = size;
    return exceeded_.has_value();
  }

  // Whether the quotas have room for so many bytes, or for more that may come; without, the upload ends.
  std::optional<http::ServerResponse> check_quota(std::uint64_t size) {
    std::optional<QuotaUse> full;
    if (digest_) {
      full = call_.metadata().quota_without_room(call_.repository(), *digest_, size);
    } else if (has_quota_exceeded(size)) {
      full = smallest_;
    }
    if (!full) return std::nullopt;
    upload_->cancel();
    return over_quota(*full, size);
  }

  http::ServerResponse out_of_order() {
    auto refusal = refuse(Problem::kRangeInvalid, fmt::format("the upload has {} bytes", begin_));
    return std::move(refusal)
        .add("Location", place_of(call_, id_))
        .add("Range", fmt::format("0-{}", begin_ == 0 ? 0 : begin_ - 1));
  }

  http::ServerResponse commit() {
    const std::uint64_t size = upload_->offset();
    if (auto refusal = check_quota(size)) return std::move(*refusal);
    bool committed;
    try {
      committed = upload_->commit(*digest_);
    } catch (const Error&) {
      // What was lost on the way to the disk nobody knows.
      upload_->cancel();
      throw;
    }
    if (!committed) {
      upload_->rewind();
      return refuse(Problem::kDigestInvalid, {}, detail("digest", digest_->text()));
    }
    // Another push may have taken the room meanwhile: then nothing names these bytes.
    if (const auto full = call_.metadata().add_blob(call_.repository(), *digest_, size)) return over_quota(*full, size);
    return created(call_, *digest_);
  }

  const Call& call_;
  const std::string id_;
  std::unique_ptr<Upload> upload_;
  const std::optional<Digest> digest_;
  std::optional<ChunkRange> range_;
  std::uint64_t begin_ = 0;
  bool too_large_ = false;
  std::optional<QuotaUse> smallest_;       // of the repository's quotas
  std::optional<std::uint64_t> exceeded_;  // by how large a blob
};

Started take_body(const Call& call, std::string id, std::optional<Digest> digest) {
  std::unique_ptr<Upload> upload;
  try {
    upload = call.bytes().open_upload(call.repository(), id);
  } catch (const Error& error) {
    if (error.code() != Code::kConflict) throw;
    return refuse_as(409, Problem::kBlobUploadInvalid, error.message());
  }
  if (!upload) return unknown(call);
  auto taker = std::make_unique<UploadBody>(call, std::move(id), std::move(upload), std::move(digest));
  if (auto refusal = taker->check()) return std::move(*refusal);
  return taker;
}

// One digest of the query, or the refusal.
std::variant<Digest, http::ServerResponse> asked_digest(const Call& call) {
  const auto text = call.query.get("digest");
  if (!text || text->empty()) return refuse(Problem::kDigestInvalid, "the digest is missing");
  const auto digest = Digest::try_parse(*text);
  if (!digest) return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", *text));
  return *digest;
}

// The answer where the blob comes from a repository whose blobs the caller may pull: the one that `from` names, or any.
std::optional<http::ServerResponse> mount(const Call& call, const Digest& digest,
                                          const std::optional<std::string>& from) {
  const auto may_pull = [&](const std::string& repository) {
    return is_repository_name(repository) && may(call.context.settings.access, call.caller, Action::kPull, repository);
  };
  const auto size_in = [&](const std::string& repository) -> std::optional<std::uint64_t> {
    if (!may_pull(repository)) return std::nullopt;
    const auto size = call.metadata().blob(repository, digest);
    return size && call.bytes().holds(digest, *size) ? size : std::nullopt;
  };
  std::optional<std::uint64_t> size;
  if (from && !from->empty()) {
    size = size_in(*from);
  } else {
    for (const auto& repository : call.metadata().holders(digest, kMostHolders)) {
      if ((size = size_in(repository))) break;
    }
  }
  if (!size) return std::nullopt;
  if (const auto full = call.metadata().add_blob(call.repository(), digest, *size)) return over_quota(*full, *size);
  return created(call, digest);
}

}  // namespace

Started begin_upload(const Call& call) {
  if (const auto text = call.query.get("mount")) {
    const auto digest = Digest::try_parse(*text);
    if (!digest) return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", *text));
    if (auto answer = mount(call, *digest, call.query.get("from"))) return std::move(*answer);
  }
  auto algorithm = oci::Algorithm::kSha256;
  if (const auto wanted = call.query.get("digest-algorithm")) {
    if (*wanted == "sha512") {
      algorithm = oci::Algorithm::kSha512;
    } else if (*wanted != "sha256") {
      return refuse(Problem::kDigestInvalid, "digests are sha256 or sha512 here", detail("digest-algorithm", *wanted));
    }
  }
  std::optional<Digest> digest;
  if (call.query.get("digest") && call.request.has_body()) {
    auto asked = asked_digest(call);
    if (auto* refusal = std::get_if<http::ServerResponse>(&asked)) return std::move(*refusal);
    digest = std::get<Digest>(asked);
    algorithm = digest->algorithm();
  }
  const std::string id = call.bytes().begin_upload(call.repository(), algorithm);
  if (!digest) return progress(call, 202, id, 0);
  return take_body(call, id, digest);
}

Started patch_upload(const Call& call) { return take_body(call, call.route.reference, std::nullopt); }

Started put_upload(const Call& call) {
  auto digest = asked_digest(call);
  if (auto* refusal = std::get_if<http::ServerResponse>(&digest)) return std::move(*refusal);
  return take_body(call, call.route.reference, std::get<Digest>(digest));
}

Started get_upload(const Call& call) {
  const auto offset = call.bytes().upload_offset(call.repository(), call.route.reference);
  if (!offset) return unknown(call);
  return progress(call, 204, call.route.reference, *offset);
}

Started delete_upload(const Call& call) {
  if (!call.bytes().cancel_upload(call.repository(), call.route.reference)) return unknown(call);
  return http::ServerResponse(204);
}

}  // namespace davit::registry
