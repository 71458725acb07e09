#include "registry/endpoint_exchange.h"

namespace davit::registry {

namespace {

constexpr std::uint64_t kPassedOver = 64 * 1024;

}  // namespace

EndpointExchange::EndpointExchange(const http::ServerRequest& request, Route route, const Endpoint& endpoint,
                                   const Context& context, Gate& gate, ClientLimiter& limiter)
    : call_{request, std::move(route), http::Query(request.query()), {}, context},
      endpoint_(endpoint),
      gate_(gate),
      share_(limiter, context.settings, request) {}

RequestShare::Moves EndpointExchange::moves() const {
  const bool is_upload = call_.route.place == Place::kUploads || call_.route.place == Place::kUpload;
  if (is_upload) return call_.request.has_body() ? RequestShare::Moves::kUpload : RequestShare::Moves::kLittle;
  return call_.request.method == "GET" ? RequestShare::Moves::kAnswer : RequestShare::Moves::kLittle;
}

// Who is refused counts as nobody: to the address.
std::optional<http::ServerResponse> EndpointExchange::admit() {
  if (share_.is_on() && !gate_.known(call_.request)) {
    if (auto refusal = share_.before()) return refusal;
  }
  auto admitted = gate_.admit(call_.request, {endpoint_.action, call_.route.place, call_.route.repository});
  if (auto* refusal = std::get_if<http::ServerResponse>(&admitted)) {
    if (auto limited = share_.open(Caller{}, RequestShare::Moves::kLittle)) return limited;
    return std::move(*refusal);
  }
  call_.caller = std::move(std::get<Caller>(admitted));
  return share_.open(call_.caller, moves());
}

std::optional<http::ServerResponse> EndpointExchange::begin() {
  if (endpoint_.action == Action::kDelete && !call_.context.settings.deletes)
    return refuse(Problem::kUnsupported, "this registry lets nobody delete (storage.delete = false)");
  auto started = endpoint_.start(call_);
  if (auto* response = std::get_if<http::ServerResponse>(&started)) {
    // Told when what little body there is has been passed over, so that the connection can go on.
    if (call_.request.has_body() && call_.request.content_length.value_or(UINT64_MAX) > kPassedOver)
      return std::move(*response);
    answer_ = std::move(*response);
    return std::nullopt;
  }
  inner_ = std::move(std::get<std::unique_ptr<http::Exchange>>(started));
  return inner_->open();
}

std::optional<http::ServerResponse> EndpointExchange::open() {
  if (auto refusal = admit()) return refusal;
  auto refusal = begin();
  if (refusal) share_.answered(*refusal);
  return refusal;
}

void EndpointExchange::body(base::ByteView bytes) {
  share_.received(bytes.size());
  if (inner_) inner_->body(bytes);
}

http::ServerResponse EndpointExchange::finish() {
  // What it holds is free before the answer is sent: the client may go on with the same upload at once.
  const auto inner = std::move(inner_);
  auto response = inner ? inner->finish() : std::move(*answer_);
  share_.answered(response);
  return response;
}

}  // namespace davit::registry
