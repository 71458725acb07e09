#pragma once
// The registry's side of the HTTP server: finds the endpoint, lets in who may, answers.

#include <functional>
#include <memory>

#include "http/server.h"
#include "registry/access_log.h"
#include "registry/call.h"
#include "registry/client_limiter.h"
#include "registry/figures.h"
#include "registry/gate.h"

namespace davit::registry {

class RegistryHandler final : public http::Handler {
 public:
  // All outlive it.
  RegistryHandler(const Settings& settings, Store& store, Gate& gate);

  Reply begin(const http::ServerRequest& request) override;
  http::ServerResponse failed(const http::ServerRequest& request, int status, std::exception_ptr error) override;
  void decorate(const http::ServerRequest& request, http::ServerResponse& response) override;
  void finished(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent) override;

  AccessLog& access_log() { return log_; }
  Figures& figures() { return figures_; }
  // What /readyz says: false from the beginning of a stop.
  void set_ready(bool ready) { ready_ = ready; }
  // More lines for /metrics.
  void set_server_figures(std::function<std::string()> lines) { server_figures_ = std::move(lines); }

 private:
  std::optional<http::ServerResponse> own_page(const http::ServerRequest& request);
  std::optional<http::ServerResponse> from_cache(const http::ServerRequest& request);
  // Counts the request to its client; the refusal where that has had its share.
  std::optional<http::ServerResponse> over_limit(const http::ServerRequest& request);

  const Settings& settings_;
  Gate& gate_;
  ContentCache cache_;
  ClientLimiter limiter_;
  Context context_;
  AccessLog log_;
  Figures figures_;
  std::function<std::string()> server_figures_;
  std::atomic<bool> ready_{true};
  const std::string id_prefix_;  // of this process's request IDs
  std::atomic<std::uint64_t> next_id_{0};
};

}  // namespace davit::registry
