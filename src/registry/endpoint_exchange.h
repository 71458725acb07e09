#pragma once
// A request for one of the endpoints, on its way: who asks, whether they may, what they want. Private to src/registry.

#include <memory>
#include <optional>
#include <string_view>

#include "registry/call.h"
#include "registry/gate.h"
#include "registry/request_share.h"

namespace davit::registry {

struct Endpoint {
  Place place;
  std::string_view method;
  Action action;
  Started (*start)(const Call&);
};

// All of it runs on a worker, once the request's header is here. All that it is given outlives it.
class EndpointExchange final : public http::Exchange {
 public:
  EndpointExchange(const http::ServerRequest& request, Route route, const Endpoint& endpoint, const Context& context,
                   Gate& gate, ClientLimiter& limiter);

  std::optional<http::ServerResponse> open() override;
  void body(base::ByteView bytes) override;
  http::ServerResponse finish() override;

 private:
  std::optional<http::ServerResponse> admit();
  RequestShare::Moves moves() const;
  std::optional<http::ServerResponse> begin();

  Call call_;
  const Endpoint& endpoint_;
  Gate& gate_;
  RequestShare share_;
  std::optional<http::ServerResponse> answer_;
  std::unique_ptr<http::Exchange> inner_;
};

}  // namespace davit::registry
