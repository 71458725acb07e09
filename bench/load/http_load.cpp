// http_load ADDRESS METHOD PATH ACCEPT RATE CONNECTIONS SECONDS: GETs or HEADs at a fixed rate, whether or not the
// answers come (an open loop); with RATE 0 each connection sends its next request when it has its answer (a closed
// one).
//
// In an open loop a request's latency counts from the moment it was to be sent by the rate, not from when a connection
// was free for it: a server that stops for a while makes all that fell due in that time late, as it would for people.
// What is not answered two seconds after the last one fell due, and each answer other than 200, is an error.
//
// own_p99_ms says how late this program itself sent requests for which a connection was free in time: where that is not
// small, the machine was busy with something else, and the latencies are not the server's.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "figures.h"
#include "program.h"

namespace {

using namespace load;

constexpr auto patience = std::chrono::seconds(2);

// One connection: at most one request under way.
struct Client {
  Connection connection;
  Clock::time_point due{};
  std::string received;

  explicit Client(const sockaddr_in& address) : connection(address) {}

  // Takes what has come. Returns the answer's status once it is whole, else 0.
  int take(bool has_body) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(connection.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0) throw std::runtime_error("the server closed a connection");
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) return 0;
      throw std::system_error(errno, std::generic_category(), "recv");
    }
    received.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = received.find("\r\n\r\n");
    if (end == received.npos) return 0;
    const Answer answer = parse_head(std::string_view(received).substr(0, end + 4));
    if (has_body && received.size() < end + 4 + answer.content_length) return 0;
    received.clear();
    return answer.status;
  }
};

int run(int argc, char** argv) {
  if (argc != 8) throw std::runtime_error("usage: http_load ADDRESS METHOD PATH ACCEPT RATE CONNECTIONS SECONDS");
  const std::string address = argv[1], method = argv[2];
  const std::string request =
      method + " " + argv[3] + " HTTP/1.1\r\nHost: " + address + "\r\nAccept: " + argv[4] + "\r\n\r\n";
  const double rate = std::stod(argv[5]), seconds = std::stod(argv[7]);
  const bool open = rate > 0;
  const auto total = open ? static_cast<std::size_t>(rate * seconds) : std::numeric_limits<std::size_t>::max();

  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::deque<Client> clients;  // they stay where they are
  std::vector<Client*> free;
  for (int number = 0; number < std::stoi(argv[6]); ++number) {
    Client& client = clients.emplace_back(parse_address(address));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, client.connection.fd(), &event);
    free.push_back(&client);
  }

  Figures figures;
  const auto begin = Clock::now();
  const auto after = [&](double time) {
    return begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(time));
  };
  const auto due = [&](std::size_t number) { return open ? after(static_cast<double>(number) / rate) : begin; };
  const auto end = open ? due(total) + patience : after(seconds);
  std::size_t sent = 0, answered = 0;
  Clock::time_point free_since = begin;
  while (answered < total) {
    const auto now = Clock::now();
    if (now >= end) break;
    for (; sent < total && !free.empty() && due(sent) <= now; ++sent) {
      if (open && due(sent) >= free_since) figures.own_delays.push_back(now - due(sent));
      Client& client = *free.back();
      free.pop_back();
      client.due = open ? due(sent) : Clock::now();
      client.connection.send(request);
    }
    const auto wake = sent < total && !free.empty() ? due(sent) : end;
    const auto wait = std::max(Clock::duration::zero(), wake - Clock::now());
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(wait);
    const timespec timeout{.tv_sec = whole.count(), .tv_nsec = std::chrono::nanoseconds(wait - whole).count()};
    std::array<epoll_event, 64> events;
    const int ready = ::epoll_pwait2(poll, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < ready; ++i) {
      Client& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      const int status = client.take(method != "HEAD");
      if (status == 0) continue;
      ++answered;
      if (status == 200) figures.latencies.push_back(Clock::now() - client.due);
      if (free.empty()) free_since = Clock::now();
      free.push_back(&client);
    }
  }
  figures.taken = Clock::now() - begin;
  figures.errors = (open ? total : answered) - figures.latencies.size();
  ::close(poll);
  figures.print();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return load::program(argc, argv, run); }
