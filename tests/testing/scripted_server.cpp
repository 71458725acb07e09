#include "tests/testing/scripted_server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace davit::test {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string RecordedRequest::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

struct ScriptedServer::State {
  int listener = -1;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::map<std::pair<std::string, std::string>, Handler> rules;
  std::vector<RecordedRequest> requests;
  std::map<int, bool> open;  // socket -> waiting for a request
  int connections = 0;
  std::list<std::thread> threads;
  std::thread acceptor;

  bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool fill(int fd, std::string& buffer) {
    char piece[65536];
    const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(got));
    return true;
  }

  // Waits until told to stop, at most for so long; whether to go on.
  bool pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return !wake.wait_for(lock, time, [this] { return stopping; });
  }

  bool read_head(int fd, std::string& buffer, RecordedRequest& request) {
    std::size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (buffer.size() > 1 && buffer[0] == '\x16') {  // a TLS handshake: answered as Go's server does
        send_all(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request");
        return false;
      }
      if (!fill(fd, buffer)) return false;
    }
    std::string head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    const auto first = head.substr(0, head.find("\r\n"));
    head.erase(0, first.size() + 2);
    const auto space = first.find(' ');
    request.method = first.substr(0, space);
    std::string target = first.substr(space + 1, first.rfind(' ') - space - 1);
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    while (!head.empty()) {
      const auto line = head.substr(0, head.find("\r\n"));
      head.erase(0, line.size() + 2);
      const auto colon = line.find(':');
      if (colon == std::string::npos) continue;
      const auto value = line.find_first_not_of(' ', colon + 1);
      request.headers[lower(line.substr(0, colon))] = value == std::string::npos ? "" : line.substr(value);
    }
    return true;
  }

  bool read_body(int fd, std::string& buffer, RecordedRequest& request) {
    const std::string length = request.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoull(length);
    while (buffer.size() < size) {
      if (!fill(fd, buffer)) return false;
    }
    request.body = buffer.substr(0, size);
    buffer.erase(0, size);
    return true;
  }

  Handler rule(const RecordedRequest& request) {
    const std::lock_guard lock(mutex);
    const auto found = rules.find({request.method, request.path});
    if (found != rules.end()) return found->second;
    return [](const RecordedRequest&) { return Reply{.status = 404}; };
  }

  bool answer(int fd, const RecordedRequest& request, const Reply& reply) {
    if (reply.delay.count() > 0 && !pause(reply.delay)) return false;
    if (!reply.raw.empty()) {
      send_all(fd, reply.raw);
      return false;
    }
    std::string head =
        "HTTP/1.1 " + std::to_string(reply.status) + (reply.status == 401 ? " Unauthorized" : " Scripted") + "\r\n";
    for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
    if (!reply.no_length && reply.status != 204) {
      head += "Content-Length: " + std::to_string(reply.told_length.value_or(reply.body.size())) + "\r\n";
    }
    const bool close = reply.no_length || reply.early;
    if (close) head += "Connection: close\r\n";
    if (!send_all(fd, head + "\r\n")) return false;
    if (request.method == "HEAD") return !close;
    if (reply.stall_after) {
      send_all(fd, std::string_view(reply.body).substr(0, *reply.stall_after));
      pause(std::chrono::minutes(1));
      return false;
    }
    if (reply.cut_after) {
      send_all(fd, std::string_view(reply.body).substr(0, *reply.cut_after));
      return false;
    }
    return send_all(fd, reply.body) && !close && reply.told_length.value_or(reply.body.size()) == reply.body.size();
  }

  void record(const RecordedRequest& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
  }

  bool serve_one(int fd, std::string& buffer) {
    RecordedRequest request;
    if (!read_head(fd, buffer, request)) return false;
    {
      const std::lock_guard lock(mutex);
      open[fd] = false;
    }
    const Handler handler = rule(request);
    Reply reply;
    // A rule that answers early is asked before the body is read.
    if (!request.header("content-length").empty() && request.header("content-length") != "0") {
      RecordedRequest peek = request;
      peek.headers["x-scripted-peek"] = "1";
      reply = handler(peek);
      if (reply.early) {
        record(request);
        answer(fd, request, reply);
        // As servers do: a close with bytes unread would reset the connection, and could overtake the answer.
        ::shutdown(fd, SHUT_WR);
        while (fill(fd, buffer)) buffer.clear();
        return false;
      }
      if (!read_body(fd, buffer, request)) return false;
      record(request);
      reply = handler(request);
    } else {
      record(request);
      reply = handler(request);
    }
    return answer(fd, request, reply);
  }

  void serve(int fd) {
    std::string buffer;
    for (bool go_on = true; go_on;) {
      go_on = serve_one(fd, buffer);
      const std::lock_guard lock(mutex);
      open[fd] = true;
      go_on = go_on && !stopping;
    }
    const std::lock_guard lock(mutex);
    ::shutdown(fd, SHUT_RDWR);
    ::close(fd);
    open.erase(fd);
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex);
      if (stopping) {
        if (fd >= 0) ::close(fd);
        return;
      }
      if (fd < 0) continue;
      const int one = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      ++connections;
      open[fd] = true;
      threads.emplace_back([this, fd] { serve(fd); });
    }
  }
};

ScriptedServer::ScriptedServer() : state_(std::make_unique<State>()) {
  state_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (state_->listener < 0 || ::bind(state_->listener, generic, length) != 0 || ::listen(state_->listener, 64) != 0 ||
      ::getsockname(state_->listener, generic, &length) != 0) {
    throw std::runtime_error("the scripted server gets no port");
  }
  state_->port = ntohs(address.sin_port);
  state_->acceptor = std::thread([state = state_.get()] { state->accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (const auto& [fd, idle] : state_->open) ::shutdown(fd, SHUT_RDWR);
  }
  state_->wake.notify_all();
  ::shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  for (auto& thread : state_->threads) thread.join();
  ::close(state_->listener);
}

std::string ScriptedServer::host() const { return "127.0.0.1:" + std::to_string(state_->port); }

std::string ScriptedServer::url(const std::string& path) const { return "http://" + host() + path; }

void ScriptedServer::on(const std::string& method, const std::string& path, Handler handler) {
  const std::lock_guard lock(state_->mutex);
  state_->rules[{method, path}] = std::move(handler);
}

void ScriptedServer::on(const std::string& method, const std::string& path, std::vector<Reply> replies) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  on(method, path, [next, replies = std::move(replies)](const RecordedRequest& request) {
    const bool peek = request.headers.count("x-scripted-peek") != 0;
    const std::size_t at = std::min(next->load(), replies.size() - 1);
    if (!peek || replies[at].early) ++*next;
    return replies[at];
  });
}

std::vector<RecordedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::vector<RecordedRequest> ScriptedServer::requests(const std::string& method, const std::string& path) const {
  auto all = requests();
  std::erase_if(all, [&](const RecordedRequest& request) { return request.method != method || request.path != path; });
  return all;
}

std::vector<std::string> ScriptedServer::log() const {
  std::vector<std::string> lines;
  for (const auto& request : requests()) lines.push_back(request.method + " " + request.path);
  return lines;
}

int ScriptedServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections;
}

void ScriptedServer::close_idle_connections() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [fd, idle] : state_->open) {
    if (idle) ::shutdown(fd, SHUT_RDWR);
  }
}

}  // namespace davit::test
