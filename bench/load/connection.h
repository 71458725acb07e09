// A blocking HTTP/1.1 client on one kept-alive connection: what the load programs need and no more, so that they are
// not what is measured. Everything that is not a plain answer throws std::runtime_error or std::system_error: a
// benchmark whose server fails is worth nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <netinet/in.h>

namespace load {

// HOST:PORT, IPv4.
sockaddr_in parse_address(std::string_view text);

struct Answer {
  int status = 0;
  std::string location;  // path and query; the host, if it was given, is cut off
  std::uint64_t content_length = 0;
};

// Reads an answer's head, with the empty line at its end.
Answer parse_head(std::string_view head);

class Connection {
 public:
  explicit Connection(const sockaddr_in& address);
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Sends all parts, one after another.
  void send(std::span<const std::string_view> parts);
  void send(std::string_view part) { send(std::span(&part, 1)); }

  // Reads one answer and throws its body away. An answer without Content-Length has no body.
  Answer receive();

  // receive(), and the status must be this one.
  Answer expect(int status);

  int fd() const { return fd_; }

 private:
  int fd_;
  std::string received_;  // of the answer that is being read
};

}  // namespace load
