#include "registry/handler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "registry/content_answer.h"
#include "registry/endpoint_exchange.h"
#include "registry/request_share.h"

namespace davit::registry {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kCacheBytes = 16 * 1024 * 1024;

// All there are. Of a place's other methods each is 405.
constexpr std::array kEndpoints = {
    Endpoint{Place::kManifest, "GET", Action::kPull, get_manifest},
    Endpoint{Place::kManifest, "HEAD", Action::kPull, get_manifest},
    Endpoint{Place::kManifest, "PUT", Action::kPush, put_manifest},
    Endpoint{Place::kManifest, "DELETE", Action::kDelete, delete_manifest},
    Endpoint{Place::kBlob, "GET", Action::kPull, get_blob},
    Endpoint{Place::kBlob, "HEAD", Action::kPull, get_blob},
    Endpoint{Place::kBlob, "DELETE", Action::kDelete, delete_blob},
    Endpoint{Place::kUploads, "POST", Action::kPush, begin_upload},
    Endpoint{Place::kUpload, "PATCH", Action::kPush, patch_upload},
    Endpoint{Place::kUpload, "PUT", Action::kPush, put_upload},
    Endpoint{Place::kUpload, "GET", Action::kPush, get_upload},
    Endpoint{Place::kUpload, "DELETE", Action::kPush, delete_upload},
    Endpoint{Place::kTags, "GET", Action::kPull, list_tags},
    Endpoint{Place::kTags, "HEAD", Action::kPull, list_tags},
    Endpoint{Place::kReferrers, "GET", Action::kPull, list_referrers},
    Endpoint{Place::kReferrers, "HEAD", Action::kPull, list_referrers},
    Endpoint{Place::kCatalog, "GET", Action::kPull, list_repositories},
    Endpoint{Place::kCatalog, "HEAD", Action::kPull, list_repositories},
};

http::ServerResponse text(int status, std::string words, std::string_view type = "text/plain; charset=utf-8") {
  http::ServerResponse response(status);
  response.add("Content-Type", type);
  response.body(std::move(words));
  return response;
}

std::string methods_of(Place place) {
  std::string all;
  for (const auto& endpoint : kEndpoints) {
    if (endpoint.place != place) continue;
    if (!all.empty()) all += ", ";
    all += endpoint.method;
  }
  return all;
}

Problem problem_of(Code code) {
  switch (code) {
    case Code::kNoSpace:
      return Problem::kNoSpace;
    case Code::kTimeout:
    case Code::kUnavailable:
      return Problem::kUnavailable;
    case Code::kInvalidArgument:
      return Problem::kBadRequest;
    default:
      return Problem::kUnknown;
  }
}

}  // namespace

RegistryHandler::RegistryHandler(const Settings& settings, Store& store, Gate& gate)
    : settings_(settings),
      gate_(gate),
      cache_(kCacheBytes),
      limiter_(settings.client_limits),
      context_{settings, store, cache_},
      log_(settings.access_log, settings.access_log_file),
      id_prefix_(base::random_hex(6)) {}

std::optional<http::ServerResponse> RegistryHandler::from_cache(const http::ServerRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  if (request.has_header("range") || request.has_body() || !request.query().empty()) return std::nullopt;
  const auto found = cache_.find(request.path(), context_.store.metadata->generation(), request.began);
  if (!found) return std::nullopt;
  const auto caller = gate_.known(request);
  if (!caller || !may(settings_.access, *caller, Action::kPull, found->repository)) return std::nullopt;
  RequestShare share(limiter_, settings_, request);
  if (auto refusal =
          share.open(*caller, request.method == "GET" ? RequestShare::Moves::kAnswer : RequestShare::Moves::kLittle))
    return refusal;
  const bool same = request.has_header("if-none-match") && has_already(request, found->etag);
  http::ServerResponse response(same ? 304 : 200);
  response.more_fields(found->lines);
  if (!same) response.body(found->body);
  share.answered(response);
  return response;
}

std::optional<http::ServerResponse> RegistryHandler::over_limit(const http::ServerRequest& request) {
  if (!limiter_.is_on()) return std::nullopt;
  // Credentials that nobody looked at yet are nobody's.
  return RequestShare(limiter_, settings_, request)
      .open(gate_.known(request).value_or(Caller{}), RequestShare::Moves::kLittle);
}

std::optional<http::ServerResponse> RegistryHandler::own_page(const http::ServerRequest& request) {
  const std::string_view path = request.path();
  if (path == "/healthz") return text(200, "ok\n");
  if (path == "/readyz") return ready_ ? text(200, "ready\n") : text(503, "stopping\n");
  if (path == "/metrics" && settings_.metrics_address.empty())
    return text(200, figures_.text() + (server_figures_ ? server_figures_() : std::string()),
                "text/plain; version=0.0.4; charset=utf-8");
  if (path == "/") return text(200, "davit's registry: /v2/\n");
  return std::nullopt;
}

http::Handler::Reply RegistryHandler::begin(const http::ServerRequest& request) {
  if (auto cached = from_cache(request)) return std::move(*cached);
  if (request.method == "GET" || request.method == "HEAD") {
    if (auto page = own_page(request)) return std::move(*page);
  }
  auto route = parse_route(request.path());
  const auto* endpoint = std::find_if(kEndpoints.begin(), kEndpoints.end(), [&](const Endpoint& row) {
    return route && row.place == route->place && row.method == request.method;
  });
  if (endpoint != kEndpoints.end() && (route->place == Place::kCatalog || is_repository_name(route->repository)))
    return std::make_unique<EndpointExchange>(request, std::move(*route), *endpoint, context_, gate_, limiter_);
  if (auto refusal = over_limit(request)) return std::move(*refusal);
  if (gate_.serves(request)) return gate_.serve(request);
  if (!route) return refuse_as(404, Problem::kUnsupported, "no such page; a registry's are below /v2/");
  if (route->place == Place::kBase) {
    if (request.method != "GET" && request.method != "HEAD") return refuse(Problem::kUnsupported);
    return gate_.greet(request);
  }
  if (endpoint == kEndpoints.end()) return refuse(Problem::kUnsupported).add("Allow", methods_of(route->place));
  return refuse(Problem::kNameInvalid, {}, detail("name", base::printable(route->repository)));
}

http::ServerResponse RegistryHandler::failed(const http::ServerRequest& request, int status, std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const Error& known) {
    // No HTTP at all: the server's own status.
    if (status != 500) return refuse_as(status, Problem::kBadRequest, known.message());
    const Problem problem = problem_of(known.code());
    if (row_of(problem).status < 500) return refuse(problem, known.message());
    base::log::warn("{} {}: {}", request.method, base::printable(request.path()), known.message());
    auto response = refuse(problem);
    if (problem == Problem::kUnavailable) response.add("Retry-After", "1");
    return response;
  } catch (const std::exception& other) {
    base::log::warn("{} {}: {}", request.method, base::printable(request.path()), other.what());
    return refuse(Problem::kUnknown);
  }
}

void RegistryHandler::decorate(const http::ServerRequest& request, http::ServerResponse& response) {
  const std::string_view given = request.header("x-request-id");
  const bool plain = !given.empty() && given.size() <= 128 && std::all_of(given.begin(), given.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
  response.add("X-Request-Id", plain ? std::string(given) : fmt::format("{}-{:x}", id_prefix_, ++next_id_));
  response.add("Docker-Distribution-Api-Version", "registry/2.0");
}

void RegistryHandler::finished(const http::ServerRequest& request, const http::ServerResponse& response,
                               std::uint64_t sent) {
  RequestShare::finished(limiter_, response, sent);
  figures_.count(request, response, sent);
  log_.write(request, response, sent);
}

}  // namespace davit::registry
