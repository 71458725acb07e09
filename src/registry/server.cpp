#include "registry/server.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "http/listener.h"
#include "http/server.h"
#include "registry/auth_gate.h"
#include "registry/handler.h"
#include "registry/store.h"

namespace davit::registry {

namespace {

constexpr std::chrono::milliseconds kTick{200};
constexpr std::chrono::seconds kExpiryEvery{600};

// The metrics alone, on an address of their own.
class MetricsHandler final : public http::Handler {
 public:
  explicit MetricsHandler(std::function<std::string()> lines) : lines_(std::move(lines)) {}
  Reply begin(const http::ServerRequest& request) override {
    if (request.path() != "/metrics") return http::ServerResponse(404);
    http::ServerResponse response(200);
    response.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body(lines_());
    return response;
  }
  http::ServerResponse failed(const http::ServerRequest&, int status, std::exception_ptr) override {
    return http::ServerResponse(status);
  }
  void finished(const http::ServerRequest&, const http::ServerResponse&, std::uint64_t) override {}

 private:
  std::function<std::string()> lines_;
};

}  // namespace

struct RegistryServer::State {
  explicit State(Settings wanted)
      : settings(std::move(wanted)),
        store(open_store(settings.root)),
        gate(make_gate()),
        handler(settings, store, *gate),
        server(settings.server, handler) {
    store.metadata->set_quotas(settings.quotas);
  }

  std::unique_ptr<Gate> make_gate() {
    if (settings.access.are_open()) return std::make_unique<OpenGate>();
    tokens = std::make_unique<TokenStore>(settings.root / "tokens");
    return std::make_unique<AuthGate>(settings, *tokens);
  }

  std::string server_lines() const {
    const auto& figures = server.figures();
    return Figures::one("davit_registry_connections", "gauge", "Connections that are open.", figures.connections) +
           Figures::one("davit_registry_connections_total", "counter", "Connections that were accepted.",
                        figures.accepted) +
           Figures::one("davit_registry_connections_refused_total", "counter", "Connections beyond the limit.",
                        figures.refused) +
           Figures::one("davit_registry_received_bytes_total", "counter", "Bytes that were received.",
                        figures.bytes_in);
  }

  void listen() {
    auto sockets = http::inherited_sockets();
    if (sockets.empty()) {
      for (const auto& address : settings.addresses) sockets.push_back(http::listen_on(address));
    }
    for (auto& socket : sockets) {
      const std::string address = http::address_of(socket.get());
      urls.push_back(address.starts_with("unix:") ? address : (settings.tls ? "https://" : "http://") + address);
      server.add_listener(std::move(socket), settings.tls);
    }
    if (settings.metrics_address.empty()) return;
    metrics_handler = std::make_unique<MetricsHandler>([this] { return handler.figures().text() + server_lines(); });
    metrics_server = std::make_unique<http::Server>(http::ServerOptions{.loops = 1, .workers = 1}, *metrics_handler);
    metrics_server->add_listener(http::listen_on(settings.metrics_address));
  }

  // What is done from time to time, until the end.
  void tend() {
    auto expired = std::chrono::steady_clock::time_point();
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, kTick, [this] { return ending; })) {
      handler.access_log().flush();
      gate->reload();
      const auto now = std::chrono::steady_clock::now();
      if (now - expired < kExpiryEvery) continue;
      expired = now;
      try {
        const auto count = store.bytes->expire_uploads(static_cast<std::uint64_t>(settings.upload_expiry.count()));
        if (count > 0) base::log::info("{} uploads that nobody went on with were removed", count);
      } catch (const base::Error& error) {
        base::log::warn("old uploads: {}", error.message());
      }
    }
  }

  const Settings settings;
  Store store;
  std::unique_ptr<TokenStore> tokens;  // of a registry with rules
  std::unique_ptr<Gate> gate;
  RegistryHandler handler;
  http::Server server;
  std::unique_ptr<MetricsHandler> metrics_handler;
  std::unique_ptr<http::Server> metrics_server;
  std::vector<std::string> urls;
  std::mutex mutex;
  std::condition_variable wake;
  bool ending = false;  // guarded by mutex
  std::thread tender;
};

RegistryServer::RegistryServer(Settings settings) {
  check(settings);
  state_ = std::make_unique<State>(std::move(settings));
  state_->handler.set_server_figures([state = state_.get()] { return state->server_lines(); });
  state_->listen();
}

RegistryServer::~RegistryServer() {
  if (!state_->tender.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_all();
  state_->tender.join();
}

void RegistryServer::start() {
  state_->server.start();
  if (state_->metrics_server) state_->metrics_server->start();
  state_->tender = std::thread([this] { state_->tend(); });
}

std::vector<std::string> RegistryServer::urls() const { return state_->urls; }

void RegistryServer::reload() {
  state_->server.reload_certificates();
  state_->gate->reload();
}

void RegistryServer::stop() {
  state_->handler.set_ready(false);
  state_->server.drain(state_->settings.drain);
}

}  // namespace davit::registry
