// holder ADDRESS REPOSITORY CONNECTIONS SECONDS: keeps many connections open. With a REPOSITORY each is a slow upload:
// a PATCH of 64 MiB of which 16 KiB come at once and then 1 KiB each 200 ms. With "" each is idle after one GET /v2/.
//
// Prints "holding" once all are open; ends when standard input does, or after SECONDS.
#include <cerrno>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "figures.h"
#include "program.h"

namespace {

using namespace load;

constexpr std::size_t promised = std::size_t{64} << 20, at_once = 16384, piece = 1024;
constexpr int pause_ms = 200;

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Connection upload(const sockaddr_in& address, const std::string& host, const std::string& repository) {
  Connection connection(address);
  connection.send("POST /v2/" + repository + "/blobs/uploads/ HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n");
  const std::string location = connection.expect(202).location;
  connection.send("PATCH " + location + " HTTP/1.1\r\n" + host +
                  "Content-Type: application/octet-stream\r\nContent-Length: " + std::to_string(promised) + "\r\n\r\n" +
                  std::string(at_once, 'x'));
  return connection;
}

Connection idle(const sockaddr_in& address, const std::string& host) {
  Connection connection(address);
  connection.send("GET /v2/ HTTP/1.1\r\n" + host + "\r\n");
  connection.receive();
  return connection;
}

int run(int argc, char** argv) {
  if (argc != 5) throw std::runtime_error("usage: holder ADDRESS REPOSITORY CONNECTIONS SECONDS");
  raise_file_limit();
  const sockaddr_in address = parse_address(argv[1]);
  const std::string host = "Host: " + std::string(argv[1]) + "\r\n", repository = argv[2];
  const auto end = Clock::now() + std::chrono::seconds(std::stoi(argv[4]));
  std::vector<Connection> held;
  for (int number = std::stoi(argv[3]); number > 0; --number) {
    held.push_back(repository.empty() ? idle(address, host) : upload(address, host, repository));
  }
  std::cout << "holding" << std::endl;
  const std::string more(piece, 'x');
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (Clock::now() < end && ::poll(&input, 1, pause_ms) <= 0) {
    for (const Connection& connection : held) {
      if (repository.empty()) break;
      if (::send(connection.fd(), more.data(), more.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
        throw std::system_error(errno, std::generic_category(), "the server gave up an upload");
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return load::program(argc, argv, run); }
