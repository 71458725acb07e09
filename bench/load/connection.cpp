#include "connection.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace load {
namespace {

[[noreturn]] void fail(const char* call) { throw std::system_error(errno, std::generic_category(), call); }

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
    throw std::runtime_error("not a number: " + std::string(text));
  }
  return value;
}

bool is(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() && strncasecmp(name.data(), wanted.data(), wanted.size()) == 0;
}

std::string path_of(std::string_view location) {
  if (const auto scheme = location.find("://"); scheme != location.npos) {
    location.remove_prefix(std::min(location.find('/', scheme + 3), location.size()));
  }
  return std::string(location);
}

}  // namespace

sockaddr_in parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (colon == text.npos || inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("not HOST:PORT: " + std::string(text));
  }
  address.sin_port = htons(static_cast<std::uint16_t>(number(text.substr(colon + 1))));
  return address;
}

Answer parse_head(std::string_view head) {
  Answer answer;
  if (head.size() < 12 || !head.starts_with("HTTP/1.1 "))
    throw std::runtime_error("not an answer: " + std::string(head));
  answer.status = static_cast<int>(number(head.substr(9, 3)));
  for (auto begin = head.find("\r\n") + 2; begin < head.size();) {
    const auto end = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, end - begin);
    begin = end + 2;
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(std::min(line.find_first_not_of(' ', colon + 1), line.size()));
    if (is(name, "Content-Length")) answer.content_length = number(value);
    if (is(name, "Location")) answer.location = path_of(value);
    if (is(name, "Transfer-Encoding")) throw std::runtime_error("a chunked answer: " + std::string(head));
  }
  return answer;
}

Connection::Connection(const sockaddr_in& address) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) fail("socket");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(fd_);
    throw std::system_error(error, std::generic_category(), "connect");
  }
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

void Connection::send(std::span<const std::string_view> parts) {
  std::vector<iovec> rest;
  for (const std::string_view part : parts) rest.push_back({const_cast<char*>(part.data()), part.size()});
  std::size_t at = 0;
  while (at < rest.size()) {
    msghdr message{};
    message.msg_iov = &rest[at];
    message.msg_iovlen = rest.size() - at;
    ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      fail("sendmsg");
    }
    for (; at < rest.size() && static_cast<std::size_t>(sent) >= rest[at].iov_len; ++at) {
      sent -= static_cast<ssize_t>(rest[at].iov_len);
    }
    if (at < rest.size()) {
      rest[at].iov_base = static_cast<char*>(rest[at].iov_base) + sent;
      rest[at].iov_len -= static_cast<std::size_t>(sent);
    }
  }
}

Answer Connection::receive() {
  std::array<char, 65536> buffer;
  const auto read_some = [&] {
    for (;;) {
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) throw std::runtime_error("the server closed the connection");
      if (errno != EINTR) fail("recv");
    }
  };
  received_.clear();
  std::size_t head = 0;
  while ((head = received_.find("\r\n\r\n")) == std::string::npos) received_.append(buffer.data(), read_some());
  head += 4;
  Answer answer = parse_head(std::string_view(received_).substr(0, head));
  std::uint64_t body = received_.size() - head;
  while (body < answer.content_length) body += read_some();
  return answer;
}

Answer Connection::expect(int status) {
  Answer answer = receive();
  if (answer.status != status) {
    throw std::runtime_error("status " + std::to_string(answer.status) + " where " + std::to_string(status) +
                             " was expected: " + received_.substr(0, 1000));
  }
  return answer;
}

}  // namespace load
