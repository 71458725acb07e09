#include "http/client.h"

#include <cctype>
#include <mutex>
#include <optional>
#include <vector>

#include "base/fs/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "http/transfer.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

bool is_redirect(const Request& request, const Response& response) {
  if (!request.follow_redirects || !response.headers.contains("Location")) return false;
  if (response.status == 307 || response.status == 308) return true;
  const bool read_only = request.method == "GET" || request.method == "HEAD";
  return read_only && (response.status == 301 || response.status == 302 || response.status == 303);
}

}  // namespace

std::string ResponseHead::status_text() const {
  return reason.empty() ? std::to_string(status) : std::to_string(status) + " " + reason;
}

std::string describe(std::string_view method, const Url& url) {
  std::string text = base::to_lower(method);
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + " \"" + base::printable(url.redacted(), 1000) + "\"";
}

struct Client::State {
  ClientOptions options;
  std::mutex mutex;
  std::optional<std::string> authorities;         // guarded by mutex until it is filled: what ca_files hold
  std::vector<std::unique_ptr<Connection>> idle;  // guarded by mutex; the last used is the first to be used again

  const std::string& read_authorities() {
    const std::lock_guard lock(mutex);
    if (!authorities) {
      std::string all;
      for (const auto& file : options.ca_files) all += base::fs::read_file(file) + "\n";
      authorities = std::move(all);
    }
    return *authorities;
  }

  // Lends a connection for the scope's life.
  class Lease {
   public:
    explicit Lease(State& state) : state_(state) {
      {
        const std::lock_guard lock(state.mutex);
        if (!state.idle.empty()) {
          connection_ = std::move(state.idle.back());
          state.idle.pop_back();
          return;
        }
      }
      connection_ = std::make_unique<Connection>(CurlLibrary::get());
    }
    ~Lease() {
      const std::lock_guard lock(state_.mutex);
      state_.idle.push_back(std::move(connection_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() { return *connection_; }

   private:
    State& state_;
    std::unique_ptr<Connection> connection_;
  };
};

Client::Client(ClientOptions options) : state_(std::make_unique<State>()) { state_->options = std::move(options); }

Client::~Client() = default;

Response Client::send(const Request& original, const SinkChooser& choose) {
  const CurlLibrary& curl = CurlLibrary::get();
  const std::string& authorities = state_->read_authorities();
  State::Lease connection(*state_);
  Request request = original;
  Url url = original.url;
  for (int hops = 0;; ++hops) {
    Response response = Transfer(curl, *connection, state_->options, authorities, request, url, choose).perform();
    base::log::debug("{}: {}", describe(request.method, url), response.status_text());
    if (!is_redirect(request, response)) return response;
    const std::string what = describe(request.method, url);
    if (hops == state_->options.max_redirects) {
      throw Error::format(Code::kUnavailable, "{}: stopped after {} redirects", what, hops);
    }
    Url next = url.resolve(*response.headers.get("Location"));
    if (url.scheme == "https" && next.scheme == "http") {
      throw Error::format(Code::kPermissionDenied, "{}: refused a redirect to plain HTTP: {}", what,
                          base::printable(next.redacted(), 1000));
    }
    if (!next.same_origin(url)) request.headers.remove("Authorization");
    url = std::move(next);
  }
}

}  // namespace davit::http
