// Fetching blobs: distribution-spec v1.1.1, "Pulling blobs"; ranges by RFC 9110, 14.

#include <charconv>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "remote/client_state.h"
#include "remote/registry_error.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

struct ContentRange {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> total;
};

// "bytes 10-99/100" or "bytes 10-99/*".
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (base::to_lower(text.substr(0, kUnit.size())) != kUnit) return std::nullopt;
  text.remove_prefix(kUnit.size());
  ContentRange range;
  const auto number = [&text](std::uint64_t& value, std::string_view separator) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.substr(0, separator.size()) != separator) return false;
    text.remove_prefix(separator.size());
    return true;
  };
  if (!number(range.first, "-") || !number(range.last, "/")) return std::nullopt;
  if (text == "*") return range;
  std::uint64_t total = 0;
  if (!number(total, "") || !text.empty()) return std::nullopt;
  range.total = total;
  return range;
}

// One blob on its way: where it has got to, and what the sink has.
class BlobFetch {
 public:
  // Without `restart` it is a part of the blob, to before `end`, which never begins anew.
  BlobFetch(Session& session, const oci::RepositoryName& repository, const oci::Descriptor& blob, std::uint64_t begin,
            std::uint64_t end, base::Sink& sink, const std::function<void()>& restart)
      : session_(session),
        repository_(repository),
        blob_(blob),
        sink_(sink),
        restart_(restart),
        is_part_(!restart),
        received_(begin),
        end_(end),
        best_(begin) {}

  // False: the server does not give the part that is wanted.
  bool run() {
    Retrier retrier(session_.options());
    while (received_ < end_) {
      std::exception_ptr broken;
      std::optional<http::Response> refused;
      try {
        http::Response response = exchange();
        if (response.ok() && received_ == end_) return true;
        refused = std::move(response);
      } catch (const TooMuch&) {
        return false;
      } catch (const http::TransportError& e) {
        if (!session_.may_pass(e)) throw;
        base::log::debug("{}; {} of {} bytes are here", e.message(), received_, blob_.size);
        broken = std::current_exception();
      }
      if (received_ > best_) {
        best_ = received_;
        retrier.progressed();
      }
      if (broken) {
        if (!retrier.wait()) std::rethrow_exception(broken);
      } else if (refused->ok() || refused->status == 416) {
        const bool no_range = ranges_ && (!refused->ok() || wrong_range_);
        wrong_range_ = false;
        if (is_part_ && no_range) return false;
        if (no_range) {
          ranges_ = false;
        } else if (!retrier.wait()) {  // it ended early without saying so
          if (is_part_) return false;
          throw_short(*refused);
        }
      } else if (!may_pass(refused->status) || !retrier.wait(*refused)) {
        throw_refused(*refused);
      }
    }
    return true;
  }

 private:
  struct TooMuch {};  // of a part: more came than the head said

  http::Response exchange() {
    Call call{.target = blob_target(repository_, blob_.digest), .scopes = {Scope::pull(repository_)}};
    call.named = false;
    const bool ranged = is_part_ || (received_ > 0 && ranges_);
    if (ranged) {
      call.headers.set("Range", fmt::format("bytes={}-{}", received_, is_part_ ? std::to_string(end_ - 1) : ""));
    }
    base::CallbackSink counted([this](base::ByteView bytes) { take(bytes); });
    base::NullSink nowhere;
    call.choose = [&](const http::ResponseHead& head) -> base::Sink* {
      if (head.status == 206) {
        const auto range = parse_content_range(head.headers.get("Content-Range").value_or(""));
        // Where the server gives another range than was asked for, the whole blob is asked for next.
        wrong_range_ = !ranged || !range || range->first != received_ || range->last >= end_;
        if (wrong_range_) return nullptr;
        if (range->total.value_or(blob_.size) != blob_.size) throw_wrong_size(*range->total);
        return &counted;
      }
      if (is_part_) {
        wrong_range_ = true;
        return nullptr;
      }
      if (received_ > 0) {
        restart_();
        received_ = 0;
      }
      check_told_size(head);
      return &counted;
    };
    return session_.send(call);
  }

  void take(base::ByteView bytes) {
    if (bytes.size() > end_ - received_) {
      if (is_part_) throw TooMuch();
      throw_wrong_size(received_ + bytes.size());
    }
    sink_.write(bytes);
    received_ += bytes.size();
  }

  void check_told_size(const http::ResponseHead& head) const {
    const std::string value = head.headers.get("Content-Length").value_or("");
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (!value.empty() && error == std::errc() && size != blob_.size) throw_wrong_size(size);
  }

  [[noreturn]] void throw_wrong_size(std::uint64_t size) const {
    throw Error::format(Code::kCorrupt, "blob {} of {} is not of the size told: {} bytes or more came, {} were told",
                        blob_.digest.text(), repository_.familiar(), size, blob_.size);
  }

  [[noreturn]] void throw_short(const http::Response& response) const {
    if (!response.ok()) throw_refused(response);
    throw Error::format(Code::kCorrupt, "blob {} of {} is not of the size told: {} bytes came, {} were told",
                        blob_.digest.text(), repository_.familiar(), received_, blob_.size);
  }

  [[noreturn]] void throw_refused(const http::Response& response) const {
    Error error = to_error("GET", response);
    if (response.status == 404) {
      error = Error::format(Code::kNotFound, "blob {} not found in {}: {}", blob_.digest.text(), repository_.familiar(),
                            error.message());
    }
    throw error;
  }

  Session& session_;
  const oci::RepositoryName& repository_;
  const oci::Descriptor& blob_;
  base::Sink& sink_;
  const std::function<void()>& restart_;
  const bool is_part_;
  std::uint64_t received_;  // the sink has the bytes before this one, from where it began
  const std::uint64_t end_;
  std::uint64_t best_;  // the most it ever had: going beyond it is progress
  bool ranges_ = true;  // whether the server is asked for them
  bool wrong_range_ = false;
};

}  // namespace

void RegistryClient::fetch_blob(const oci::RepositoryName& repository, const oci::Descriptor& blob,
                                std::uint64_t offset, base::Sink& sink, const std::function<void()>& restart) {
  if (offset > blob.size) {
    throw Error::format(Code::kInternal, "blob {} has {} bytes, fewer than the offset {}", blob.digest.text(),
                        blob.size, offset);
  }
  try {
    BlobFetch(state_->session, repository, blob, offset, blob.size, sink, restart).run();
  } catch (Error& e) {
    e.add_frame("while fetching blob {} of {}", blob.digest.text(), repository.text());
    throw;
  }
}

bool RegistryClient::fetch_blob_range(const oci::RepositoryName& repository, const oci::Descriptor& blob,
                                      std::uint64_t begin, std::uint64_t end, base::Sink& sink) try {
  if (begin > end || end > blob.size) {
    throw Error::format(Code::kInternal, "blob {} has {} bytes, none from {} to {}", blob.digest.text(), blob.size,
                        begin, end);
  }
  return BlobFetch(state_->session, repository, blob, begin, end, sink, {}).run();
} catch (Error& e) {
  e.add_frame("while fetching bytes {} to {} of blob {} of {}", begin, end, blob.digest.text(), repository.text());
  throw;
}

}  // namespace davit::remote
