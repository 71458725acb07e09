#pragma once
// An HTTP/1.1 server (RFC 9110, RFC 9112), plain or over TLS. One thread per event loop moves bytes of all connections;
// what may block (files, databases, passwords) runs on workers, which leave a connection as soon as its peer is slow:
// neither a slow peer nor a silent one holds a thread. docs/adr/0090-own-event-loop.md says why it has a loop of its
// own.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/fs/file.h"
#include "base/io.h"
#include "http/request.h"
#include "http/response.h"

namespace davit::http {

// The work on one request that is not answered at once: all calls come from workers, one at a time, in the order of
// their declaration. Destroyed early when the client vanishes or sends what is no HTTP. An exception of any call is
// given to Handler::failed.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // Before the body is asked for. An answer here refuses the body.
  virtual std::optional<ServerResponse> open() { return std::nullopt; }
  // The next piece of the body. Never more bytes than the request told.
  virtual void body(base::ByteView bytes) = 0;
  // After all of the body.
  virtual ServerResponse finish() = 0;
};

// An Exchange of a function, for requests without a body that matters: what comes of it is dropped, up to 1 MiB.
std::unique_ptr<Exchange> work(std::function<ServerResponse()> function);
// The same with the body in memory; more bytes than the limit are Error(kInvalidArgument) of the code 413's cause, by
// `too_large`.
std::unique_ptr<Exchange> collect(std::size_t limit, std::function<ServerResponse()> too_large,
                                  std::function<ServerResponse(std::string body)> function);

// One object for all requests; safe for use by several threads.
class Handler {
 public:
  using Reply = std::variant<ServerResponse, std::unique_ptr<Exchange>>;

  virtual ~Handler() = default;
  // Called on a loop's thread: it must not block. The request outlives the exchange.
  virtual Reply begin(const ServerRequest& request) = 0;
  // The answer for what an exchange threw, and (request.method empty) for what was no HTTP: `status` is what the server
  // would say.
  virtual ServerResponse failed(const ServerRequest& request, int status, std::exception_ptr error) = 0;
  // Before an answer is sent, each of them: for fields that all have.
  virtual void decorate(const ServerRequest&, ServerResponse&) {}
  // After the last byte, or when the client went: `sent` bytes of the body. For logs and figures.
  virtual void finished(const ServerRequest& request, const ServerResponse& response, std::uint64_t sent) = 0;
};

struct TlsOptions {
  std::filesystem::path certificate, key;  // PEM; the chain in `certificate`
  std::filesystem::path client_authority;  // PEM: clients must show a certificate of it
};

// Reads the files; throws Error(kInvalidArgument) naming the one that is bad.
void check(const TlsOptions& options);

struct ServerOptions {
  unsigned loops = 0;    // 0: half of the cores, at least one
  unsigned workers = 0;  // 0: four for each core, at least eight
  std::size_t header_bytes = 32 * 1024;
  std::size_t connections = 20'000;
  std::chrono::seconds header_timeout{20};  // from a request's first byte to the end of its header
  std::chrono::seconds idle_timeout{90};    // between requests
  std::chrono::seconds stall_timeout{60};   // without any byte of a body or an answer moving
};

struct ServerFigures {
  std::atomic<std::uint64_t> connections{0};  // open now
  std::atomic<std::uint64_t> accepted{0}, refused{0};
  std::atomic<std::uint64_t> bytes_in{0}, bytes_out{0};
};

// Not to be used by several threads at once, but for stop().
class Server {
 public:
  // The handler outlives the server.
  Server(ServerOptions options, Handler& handler);
  ~Server();  // stops at once
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts on a listening socket from start() on. With TLS its files are read here: Error(kInvalidArgument) names one
  // that is no certificate or key, or says that they do not belong together.
  void add_listener(base::fs::FileDescriptor socket, const std::optional<TlsOptions>& tls = std::nullopt);
  // Reads certificates again where their files changed; keeps the old ones, and warns, where the new are bad. Called by
  // the server itself every ten seconds, too.
  void reload_certificates();
  void start();
  // No new connections; idle ones end, requests under way are answered, until `patience` is over.
  void drain(std::chrono::milliseconds patience);
  const ServerFigures& figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::http
