#include "http/server.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "http/event_loop.h"
#include "http/server_connection.h"

namespace davit::http {

namespace {

constexpr std::chrono::seconds kCertificateCheck{10};

unsigned cores() { return std::max(1U, std::thread::hardware_concurrency()); }

ServerOptions completed(ServerOptions options) {
  if (options.loops == 0) options.loops = std::max(1U, cores() / 2);
  if (options.workers == 0) options.workers = std::max(8U, cores() * 4);
  return options;
}

class Work final : public Exchange {
 public:
  explicit Work(std::function<ServerResponse()> function) : function_(std::move(function)) {}
  void body(base::ByteView bytes) override {
    constexpr std::uint64_t kMostDropped = 1024 * 1024;
    dropped_ += bytes.size();
    if (dropped_ > kMostDropped)
      throw base::Error(base::Code::kInvalidArgument, "this request has no body, and more than 1 MiB came");
  }
  ServerResponse finish() override { return function_(); }

 private:
  std::function<ServerResponse()> function_;
  std::uint64_t dropped_ = 0;
};

class Collect final : public Exchange {
 public:
  Collect(std::size_t limit, std::function<ServerResponse()> too_large,
          std::function<ServerResponse(std::string)> function)
      : limit_(limit), too_large_(std::move(too_large)), function_(std::move(function)) {}
  void body(base::ByteView bytes) override {
    if (over_ || text_.size() + bytes.size() > limit_) {
      over_ = true;
      text_ = std::string();
      return;
    }
    text_ += base::as_text(bytes);
  }
  ServerResponse finish() override { return over_ ? too_large_() : function_(std::move(text_)); }

 private:
  const std::size_t limit_;
  std::function<ServerResponse()> too_large_;
  std::function<ServerResponse(std::string)> function_;
  std::string text_;
  bool over_ = false;
};

}  // namespace

void check(const TlsOptions& options) { const TlsContext context(options); }

std::unique_ptr<Exchange> work(std::function<ServerResponse()> function) {
  return std::make_unique<Work>(std::move(function));
}

std::unique_ptr<Exchange> collect(std::size_t limit, std::function<ServerResponse()> too_large,
                                  std::function<ServerResponse(std::string body)> function) {
  return std::make_unique<Collect>(limit, std::move(too_large), std::move(function));
}

struct Server::State {
  State(ServerOptions options, Handler& handler)
      : workers(std::make_unique<base::WorkerPool>(options.workers)),
        shared{std::move(options), handler, *workers, figures} {
    for (unsigned i = 0; i < shared.options.loops; ++i) loops.push_back(std::make_unique<EventLoop>(shared));
  }

  void watch_certificates() {
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, kCertificateCheck, [this] { return ending; })) {
      for (const auto& listener : listeners) listener->reload_if_changed();
    }
  }

  ServerFigures figures;
  std::unique_ptr<base::WorkerPool> workers;
  Shared shared;
  std::vector<std::unique_ptr<EventLoop>> loops;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::condition_variable ended;
  bool ending = false;        // guarded by mutex
  std::size_t loops_run = 0;  // guarded by mutex
};

Server::Server(ServerOptions options, Handler& handler)
    : state_(std::make_unique<State>(completed(std::move(options)), handler)) {}

Server::~Server() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->ended.notify_all();
  for (const auto& loop : state_->loops) loop->stop();
  for (auto& thread : state_->threads) thread.join();
  state_->workers.reset();  // what they post now is run by nobody
}

void Server::add_listener(base::fs::FileDescriptor socket, const std::optional<TlsOptions>& tls) {
  state_->listeners.push_back(std::make_shared<Listener>(std::move(socket), tls));
}

void Server::reload_certificates() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& listener : state_->listeners) listener->reload_if_changed();
}

void Server::start() {
  std::vector<EventLoop*> loops;
  for (const auto& loop : state_->loops) loops.push_back(loop.get());
  state_->loops.front()->accept_on(state_->listeners, loops);
  state_->loops_run = loops.size();
  for (EventLoop* loop : loops) {
    state_->threads.emplace_back([this, loop] {
      loop->run();
      const std::lock_guard lock(state_->mutex);
      --state_->loops_run;
      state_->ended.notify_all();
    });
  }
  const bool has_tls =
      std::any_of(state_->listeners.begin(), state_->listeners.end(), [](const auto& each) { return each->has_tls(); });
  if (has_tls) state_->threads.emplace_back([this] { state_->watch_certificates(); });
}

void Server::drain(std::chrono::milliseconds patience) {
  state_->shared.draining = true;
  for (const auto& loop : state_->loops) loop->drain();
  std::unique_lock lock(state_->mutex);
  state_->listeners.clear();  // closed, once the loops let go: nobody waits in a backlog that is never looked at
  if (!state_->ended.wait_for(lock, patience, [this] { return state_->loops_run == 0; }))
    base::log::warn("{} connections are ended in mid-request", state_->figures.connections.load());
}

const ServerFigures& Server::figures() const { return state_->figures; }

}  // namespace davit::http
