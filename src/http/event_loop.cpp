#include "http/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/log.h"
#include "http/server_connection.h"

namespace davit::http {

using base::fs::FileDescriptor;

namespace {

constexpr std::size_t kScratchBytes = 64 * 1024;
constexpr std::size_t kSpareTurns = 64;
constexpr int kEvents = 256;
constexpr std::chrono::milliseconds kSweep{1000}, kAcceptPause{100};

void watch(int epoll, int fd, std::uint32_t events, void* what) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = what;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) base::throw_errno(errno, "epoll_ctl");
}

PeerAddress address_of_peer(const sockaddr_storage& place) {
  char text[INET6_ADDRSTRLEN] = "";
  if (place.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(place);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  if (place.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(place);
    // An IPv4 peer on a socket of both families is told as what it is.
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    return {text, ntohs(v6.sin6_port)};
  }
  return {"unix", 0};
}

std::string stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (file.empty() || ::stat(file.c_str(), &status) != 0) return "-";
  return fmt::format("{}.{}.{}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

Listener::Listener(FileDescriptor socket, std::optional<TlsOptions> tls)
    : socket_(std::move(socket)), options_(std::move(tls)) {
  if (!options_) return;
  loaded_ = stamp();
  context_ = std::make_shared<TlsContext>(*options_);
}

std::string Listener::stamp() const {
  return stamp_of(options_->certificate) + " " + stamp_of(options_->key) + " " + stamp_of(options_->client_authority);
}

std::shared_ptr<const TlsContext> Listener::tls() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

void Listener::reload_if_changed() {
  if (!options_) return;
  const std::string current = stamp();
  if (current == loaded_) return;
  try {
    auto fresh = std::make_shared<TlsContext>(*options_);
    const std::lock_guard lock(mutex_);
    context_ = std::move(fresh);
    loaded_ = current;
  } catch (const base::Error& error) {
    base::log::warn("the old certificate stays in use: {}", error.message());
    loaded_ = current;  // told once
  }
}

EventLoop::EventLoop(Shared& shared)
    : shared_(shared),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      scratch_(kScratchBytes) {
  if (!epoll_ || !wake_) base::throw_errno(errno, "epoll_create1");
  watch(epoll_.get(), wake_.get(), EPOLLIN, nullptr);
}

EventLoop::~EventLoop() = default;

void EventLoop::accept_on(std::vector<std::shared_ptr<Listener>> listeners, std::vector<EventLoop*> loops) {
  listeners_ = std::move(listeners);
  loops_ = std::move(loops);
  for (const auto& listener : listeners_) watch(epoll_.get(), listener->socket(), EPOLLIN, listener.get());
}

void EventLoop::post(std::function<void()> job) {
  bool first;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(job));
  }
  if (first) ::eventfd_write(wake_.get(), 1);
}

void EventLoop::run_posted() {
  eventfd_t count;
  ::eventfd_read(wake_.get(), &count);
  std::vector<std::function<void()>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(posted_);
  }
  for (const auto& job : jobs) job();
}

void EventLoop::adopt(FileDescriptor socket, PeerAddress peer, std::shared_ptr<const TlsContext> tls) {
  const auto shared_socket = std::make_shared<FileDescriptor>(std::move(socket));
  post([this, shared_socket, peer = std::move(peer), tls = std::move(tls)] {
    const int fd = shared_socket->get();
    auto transport = tls ? tls_transport(fd, tls) : plain_transport(fd);
    auto connection = std::make_unique<ServerConnection>(*this, std::move(*shared_socket), peer, std::move(transport));
    ServerConnection* key = connection.get();
    connections_.emplace(key, std::move(connection));
    // Edges, and each of them once: a connection that a worker has needs no other registration.
    watch(epoll_.get(), fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, key);
  });
}

void EventLoop::drain() {
  draining_ = true;
  post([this] {
    for (const auto& listener : listeners_) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener->socket(), nullptr);
    closed_.swap(listeners_);
    end_idle();
  });
}

void EventLoop::stop() {
  stopped_ = true;
  post([] {});
}

void EventLoop::accept(Listener& listener) {
  for (int i = 0; i < kEvents; ++i) {
    sockaddr_storage place{};
    socklen_t size = sizeof place;
    FileDescriptor socket(
        ::accept4(listener.socket(), reinterpret_cast<sockaddr*>(&place), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      // No descriptors or no memory: those who wait in the backlog are accepted when there are some again.
      base::log::warn("accept: {}", std::generic_category().message(errno));
      for (const auto& each : listeners_) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, each->socket(), nullptr);
      accept_again_ = now_ + kAcceptPause;
      return;
    }
    if (shared_.figures.connections >= shared_.options.connections) {
      ++shared_.figures.refused;
      continue;
    }
    ++shared_.figures.accepted;
    const int yes = 1;
    if (place.ss_family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    loops_[next_loop_++ % loops_.size()]->adopt(std::move(socket), address_of_peer(place), listener.tls());
  }
}

void EventLoop::run() {
  std::array<epoll_event, kEvents> events;
  while (!stopped_ && !(draining_ && connections_.empty())) {
    const auto pause = accept_again_ == Clock::time_point() ? kSweep : kAcceptPause;
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEvents, static_cast<int>(pause.count()));
    now_ = Clock::now();
    for (int i = 0; i < count; ++i) {
      void* what = events[static_cast<std::size_t>(i)].data.ptr;
      if (what == nullptr) {
        run_posted();
        continue;
      }
      const auto is_it = [what](const auto& each) { return each.get() == what; };
      const auto listener = std::find_if(listeners_.begin(), listeners_.end(), is_it);
      if (listener != listeners_.end()) {
        accept(**listener);
      } else if (std::none_of(closed_.begin(), closed_.end(), is_it)) {
        static_cast<ServerConnection*>(what)->ready(
            (events[static_cast<std::size_t>(i)].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      }
    }
    buried_.clear();
    closed_.clear();
    if (now_ - swept_ >= kSweep) sweep();
    if (accept_again_ != Clock::time_point() && now_ >= accept_again_) {
      accept_again_ = {};
      for (const auto& each : listeners_) watch(epoll_.get(), each->socket(), EPOLLIN, each.get());
    }
  }
  listeners_.clear();  // closed, also where drain()'s job was not come to
}

void EventLoop::sweep() {
  swept_ = now_;
  std::vector<ServerConnection*> all;
  all.reserve(connections_.size());
  for (const auto& [connection, owned] : connections_) all.push_back(connection);
  for (ServerConnection* connection : all) connection->end_if_late(now_);
  if (draining_) end_idle();
  buried_.clear();
}

void EventLoop::end_idle() {
  std::vector<ServerConnection*> all;
  for (const auto& [connection, owned] : connections_) all.push_back(connection);
  for (ServerConnection* connection : all) connection->end_if_idle();
}

void EventLoop::bury(ServerConnection& connection) {
  const auto found = connections_.find(&connection);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket(), nullptr);
  buried_.push_back(std::move(found->second));
  connections_.erase(found);
}

std::unique_ptr<Turn> EventLoop::take_turn() {
  if (spare_turns_.empty()) return std::make_unique<Turn>();
  auto turn = std::move(spare_turns_.back());
  spare_turns_.pop_back();
  return turn;
}

void EventLoop::give_back(std::unique_ptr<Turn> turn) {
  if (spare_turns_.size() >= kSpareTurns) return;
  turn->clear();
  spare_turns_.push_back(std::move(turn));
}

}  // namespace davit::http
