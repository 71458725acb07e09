#pragma once
// One thread that waits for many sockets. Private to src/http.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fs/file.h"
#include "base/worker_pool.h"
#include "http/server.h"
#include "http/tls.h"

namespace davit::http {

class ServerConnection;
struct Turn;

// What the loops of a server share.
struct Shared {
  const ServerOptions options;
  Handler& handler;
  base::WorkerPool& workers;
  ServerFigures& figures;
  std::atomic<bool> draining{false};  // no answer promises a next one; set before any loop begins to end
};

// A listening socket. The certificates may be exchanged while it is used.
class Listener {
 public:
  Listener(base::fs::FileDescriptor socket, std::optional<TlsOptions> tls);
  int socket() const { return socket_.get(); }
  bool has_tls() const { return options_.has_value(); }
  std::shared_ptr<const TlsContext> tls() const;
  void reload_if_changed();

 private:
  std::string stamp() const;  // of the files: changes when they do

  base::fs::FileDescriptor socket_;
  std::optional<TlsOptions> options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;  // guarded by mutex_
  std::string loaded_;
};

class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;

  explicit EventLoop(Shared& shared);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Before run(): accepts there, and gives connections to the loops in turn.
  void accept_on(std::vector<std::shared_ptr<Listener>> listeners, std::vector<EventLoop*> loops);
  void run();

  // The rest from any thread.
  void post(std::function<void()> job);
  void adopt(base::fs::FileDescriptor socket, PeerAddress peer, std::shared_ptr<const TlsContext> tls);
  void drain();  // ends run() when no connection is left
  void stop();   // ends run() at once

  // The rest for its connections, from its own thread but for draining().
  Shared& shared() { return shared_; }
  char* scratch() { return scratch_.data(); }
  std::size_t scratch_size() const { return scratch_.size(); }
  Clock::time_point now() const { return now_; }
  bool draining() const { return shared_.draining; }
  std::unique_ptr<Turn> take_turn();
  void give_back(std::unique_ptr<Turn> turn);
  void bury(ServerConnection& connection);  // destroyed once nothing of this round can mean it

 private:
  void accept(Listener& listener);
  void run_posted();
  void sweep();  // what waited too long
  void end_idle();

  Shared& shared_;
  base::fs::FileDescriptor epoll_, wake_;
  std::vector<char> scratch_;
  std::unordered_map<ServerConnection*, std::unique_ptr<ServerConnection>> connections_;
  std::vector<std::unique_ptr<ServerConnection>> buried_;
  std::vector<std::unique_ptr<Turn>> spare_turns_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<std::shared_ptr<Listener>> closed_;  // in this round, of which events may still tell
  std::vector<EventLoop*> loops_;
  std::size_t next_loop_ = 0;
  Clock::time_point now_ = Clock::now(), swept_ = now_, accept_again_{};
  std::atomic<bool> draining_{false};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace davit::http
