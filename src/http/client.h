#pragma once
// A blocking HTTP/1.1 client. libcurl does the work; it is loaded when the first request is sent (docs/adr/0020), so
// that commands that need no network do not pay for it. Bodies are never decoded: what the server sends is what the
// sink gets.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/io.h"
#include "http/headers.h"
#include "http/proxy.h"
#include "http/url.h"

namespace davit::http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{30'000};  // name lookup, connection and TLS handshake together
  std::chrono::seconds stall_timeout{60};             // no byte in either direction for so long ends the transfer
  std::vector<std::filesystem::path> ca_files;        // PEM, in addition to the system's
  std::filesystem::path client_certificate;           // PEM, shown to servers that ask for one; with its key
  std::filesystem::path client_key;
  ProxySettings proxy;  // of nobody unless told: the environment is not looked at here
  bool skip_tls_verify = false;
  std::string user_agent;
  int max_redirects = 10;
};

struct Request {
  std::string method = "GET";
  Url url;
  Headers headers;
  // The body, opened anew for each sending of it (a redirect, a kept connection that turned out dead). Empty: no body.
  std::function<std::unique_ptr<base::Source>()> body;
  std::uint64_t body_size = 0;  // exactly what the source will give
  bool follow_redirects = true;
};

struct ResponseHead {
  int status = 0;
  std::string reason;  // "Unauthorized"
  Headers headers;
  Url url;  // whose answer it is: where redirects led

  std::string status_text() const;  // "401 Unauthorized"
  bool ok() const { return status >= 200 && status < 300; }
};

struct Response : ResponseHead {
  std::string body;                                 // what no sink took; cut at kKeptBodyBytes
  std::optional<std::chrono::microseconds> waited;  // from the request, sent, to the first byte of this answer
};

inline constexpr std::size_t kKeptBodyBytes = 64 * 1024;

// Asked once, when the head of a 2xx answer has come, who takes its body: a sink that outlives the request, or nullptr
// for Response::body. It may throw to refuse the answer. Bodies of other answers never reach a sink.
using SinkChooser = std::function<base::Sink*(const ResponseHead&)>;

// Why no whole answer came.
enum class Failure {
  kResolve,      // the name is not known
  kConnect,      // nobody answers at the address
  kNotTls,       // the peer does not speak TLS
  kCertificate,  // its certificate is not to be trusted or is another host's
  kTls,          // any other failure of TLS
  kProxy,        // the proxy refuses to connect us
  kTimeout,      // connecting took too long, or no byte came for too long
  kBroken,       // the connection ended in mid-answer, or what came is not HTTP
};

// An Error (kUnavailable; kTimeout for Failure::kTimeout) whose message begins with docker's 'Get "URL": ', the URL
// redacted.
class TransportError final : public base::Error {
 public:
  TransportError(Failure failure, std::string message)
      : Error(failure == Failure::kTimeout ? base::Code::kTimeout : base::Code::kUnavailable, std::move(message)),
        failure_(failure) {}
  Failure failure() const { return failure_; }

 private:
  Failure failure_;
};

// 'Head "http://127.0.0.1:5001/v2/team/app/manifests/1.0.0"', as docker begins its messages about a request.
std::string describe(std::string_view method, const Url& url);

// Safe for use by several threads; each request under way has a connection of its own, which is kept for the next.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();

  // Sends the request and follows its redirects (GET and HEAD: any; others: 307 and 308), never from https to http;
  // Authorization is dropped where scheme, host or port differ. Any status is an answer, not an error. Throws
  // TransportError; Error(kCancelled) at once when the user interrupts; and what the body or the sink throws.
  Response send(const Request& request, const SinkChooser& choose = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::http
