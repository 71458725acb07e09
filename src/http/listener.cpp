#include "http/listener.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::http {

using base::Code;
using base::Error;
using base::fs::FileDescriptor;

namespace {

constexpr int kBacklog = 4096;
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr std::string_view kUnix = "unix:";

struct FreeAddresses {
  void operator()(addrinfo* all) const { ::freeaddrinfo(all); }
};

[[noreturn]] void refuse(const std::string& address, const char* why) {
  throw Error::format(Code::kInvalidArgument, "invalid address '{}': {}", base::printable(address), why);
}

[[noreturn]] void fail(const std::string& address, int error_number) {
  if (error_number == EADDRINUSE)
    throw Error::format(Code::kConflict, "listen on {}: the address is already in use", address);
  base::throw_errno(error_number, "listen on " + address);
}

FileDescriptor bound(int family, const sockaddr* place, socklen_t size, const std::string& address) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail(address, errno);
  const int yes = 1, no = 0;
  if (family != AF_UNIX) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (::bind(socket.get(), place, size) != 0 || ::listen(socket.get(), kBacklog) != 0) fail(address, errno);
  return socket;
}

bool has_ipv6() { return static_cast<bool>(FileDescriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0))); }

FileDescriptor listen_on_unix(const std::string& address) {
  const std::string path = address.substr(kUnix.size());
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof place.sun_path) refuse(address, "the path must have 1 to 107 bytes");
  std::memcpy(place.sun_path, path.data(), path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&place);
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), generic, sizeof place) == 0) fail(address, EADDRINUSE);
  if (errno == ECONNREFUSED) base::fs::remove(path);  // left by a process that died
  return bound(AF_UNIX, generic, sizeof place, address);
}

}  // namespace

FileDescriptor listen_on(const std::string& address) {
  if (address.starts_with(kUnix)) return listen_on_unix(address);
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) refuse(address, "expected HOST:PORT");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::strtoul(port.c_str(), nullptr, 10) > 65535) {
    refuse(address, "the port must be a number from 0 to 65535");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    refuse(address, "an IPv6 address needs brackets: [::1]:5000");
  }
  if (host == "*") host.clear();
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (host.empty()) host = has_ipv6() ? "::" : "0.0.0.0";
  const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) refuse(address, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  return bound(addresses->ai_family, addresses->ai_addr, addresses->ai_addrlen, address);
}

std::vector<FileDescriptor> inherited_sockets() {
  const char* process = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (process == nullptr || count == nullptr || std::to_string(::getpid()) != process) return {};
  std::vector<FileDescriptor> sockets;
  const int most = std::atoi(count);
  for (int i = 0; i < most; ++i) {
    const int fd = kFirstInherited + i;
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    sockets.emplace_back(fd);
  }
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  return sockets;
}

std::string address_of(int socket) {
  sockaddr_storage place{};
  socklen_t size = sizeof place;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&place), &size) != 0) base::throw_errno(errno, "getsockname");
  if (place.ss_family == AF_UNIX) return "unix:" + std::string(reinterpret_cast<sockaddr_un*>(&place)->sun_path);
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&place), size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return place.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace davit::http
