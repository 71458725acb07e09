#pragma once
// An HTTP/1.1 server on loopback that does what a test tells it: answers by rule, lies, stalls, cuts, speaks garbage.
// It records every request. Plain sockets and a thread per connection, so that it can misbehave at the level of bytes.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace davit::test {

struct RecordedRequest {
  std::string method;
  std::string path;                            // without the query
  std::string query;                           // without the '?'
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& lower_case_name) const;  // empty when absent
};

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::optional<std::uint64_t> told_length = {};  // a Content-Length that lies (also how a HEAD's is given)
  std::optional<std::size_t> cut_after = {};      // the connection is closed after so many bytes of the body
  std::optional<std::size_t> stall_after = {};    // nothing more comes after so many bytes of the body
  std::chrono::milliseconds delay{0};             // before the first byte
  bool no_length = false;  // neither Content-Length nor chunks: the end of the connection is the end
  std::string raw = {};    // sent instead of all that, and the connection is closed
  bool early = false;      // answers before it has read the request's body, and closes
};

using Handler = std::function<Reply(const RecordedRequest&)>;

class ScriptedServer {
 public:
  ScriptedServer();
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string host() const;                        // "127.0.0.1:PORT"
  std::string url(const std::string& path) const;  // "http://127.0.0.1:PORT/path"

  // The rule for a method and a path; the last one given counts. What has no rule is answered 404.
  void on(const std::string& method, const std::string& path, Handler handler);
  // One after the other, the last one for ever.
  void on(const std::string& method, const std::string& path, std::vector<Reply> replies);

  std::vector<RecordedRequest> requests() const;
  std::vector<RecordedRequest> requests(const std::string& method, const std::string& path) const;
  std::vector<std::string> log() const;  // "GET /path", in order
  int connections() const;               // accepted so far
  void close_idle_connections();         // as a server that restarts does

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::test
