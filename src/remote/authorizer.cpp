#include "remote/authorizer.h"

#include <algorithm>
#include <thread>

#include <boost/json.hpp>

#include "base/interrupt.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"
#include "remote/registry_error.h"
#include "remote/retry.h"

namespace davit::remote {

namespace json = boost::json;
using base::Code;
using base::Error;
using std::chrono::seconds;

namespace {

constexpr char kClientId[] = "davit";
constexpr std::int64_t kDefaultLifetime = 60;  // seconds, where the token server tells none
constexpr std::size_t kMaxTokens = 256;

const Challenge* find_scheme(const std::vector<Challenge>& challenges, std::string_view scheme) {
  const auto found = std::find_if(challenges.begin(), challenges.end(),
                                  [scheme](const Challenge& challenge) { return challenge.scheme == scheme; });
  return found == challenges.end() ? nullptr : &*found;
}

std::vector<Challenge> challenges_of(const http::Response& refused) {
  std::vector<Challenge> all;
  for (const auto& header : refused.headers.all("WWW-Authenticate")) {
    for (auto& challenge : parse_challenges(header)) all.push_back(std::move(challenge));
  }
  return all;
}

bool is_safe_token(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// A request's body that keeps its text.
struct Form final : base::Source {
  explicit Form(std::shared_ptr<std::string> shared) : text(std::move(shared)), source(*text) {}
  std::size_t read(base::ByteSpan buffer) override { return source.read(buffer); }
  std::shared_ptr<std::string> text;
  base::MemorySource source;
};

}  // namespace

Authorizer::Authorizer(http::Client& client, const ClientOptions& options, FindCredentials find)
    : client_(client), options_(options), find_(std::move(find)) {}

const std::optional<auth::Credentials>& Authorizer::credentials() {
  if (!asked_for_credentials_) {
    asked_for_credentials_ = true;
    try {
      credentials_ = find_();
    } catch (const auth::HelperError& e) {
      // What anybody may have must not fail for want of a password; where one is needed this is the reason.
      helper_failure_ = std::current_exception();
      base::log::warn("{}; going on without credentials", e.message());
    }
  }
  return credentials_;
}

std::optional<std::string> Authorizer::identity_token() {
  const std::lock_guard lock(mutex_);
  return identity_token_;
}

// The token server may take its time over another's token: an interrupt, or a cancellation, ends the wait for it.
std::unique_lock<std::mutex> Authorizer::wait_for_turn() {
  auto pause = std::chrono::milliseconds(1);
  std::unique_lock lock(mutex_, std::try_to_lock);
  while (!lock.owns_lock() && !lock.try_lock()) {
    base::check_interrupted();
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  }
  return lock;
}

std::optional<std::string> Authorizer::authorization(const http::Url& url, const Scopes& scopes) {
  const auto lock = wait_for_turn();
  if (scheme_ == Scheme::kUnknown) return std::nullopt;
  return scheme_ == Scheme::kBasic ? basic(url) : bearer(url, scopes);
}

std::optional<std::string> Authorizer::answer(const http::Response& refused, const Scopes& scopes,
                                              const std::optional<std::string>& used) {
  const auto challenges = challenges_of(refused);
  const auto lock = wait_for_turn();
  if (const Challenge* challenge = find_scheme(challenges, "bearer")) {
    scheme_ = Scheme::kBearer;
    realm_ = challenge->parameter("realm");
    service_ = challenge->parameter("service");
    Scopes wanted = scopes;
    for (const auto& scope : parse_scopes(challenge->parameter("scope"))) {
      if (covers(wanted, {scope})) continue;
      wanted.push_back(scope);
      if (scope.type != "repository" && !covers(extra_scopes_, {scope})) extra_scopes_.push_back(scope);
    }
    std::erase_if(tokens_, [&used](const Token& token) { return used == "Bearer " + token.value; });
    std::string value = bearer(refused.url, std::move(wanted));
    if (used == value) return std::nullopt;
    return value;
  }
  if (find_scheme(challenges, "basic") != nullptr) {
    scheme_ = Scheme::kBasic;
    std::string value = basic(refused.url);
    if (used == value) return std::nullopt;
    return value;
  }
  if (challenges.empty()) return std::nullopt;
  throw Error::format(Code::kNotSupported, "{} asks for authentication by '{}', which davit does not know",
                      refused.url.authority(), base::printable(challenges[0].scheme, 40));
}

void Authorizer::require_privacy(const http::Url& registry) const {
  const bool configured = options_.plain_http || options_.plain_http_fallback;
  if (registry.scheme == "https" || configured || http::is_loopback_host(registry.host)) return;
  throw Error::format(Code::kPermissionDenied,
                      "refused to send a password to {} over plain HTTP, which is not configured for it",
                      registry.authority());
}

std::string Authorizer::basic(const http::Url& url) {
  const auto& own = credentials();
  if (!own && helper_failure_) std::rethrow_exception(helper_failure_);
  if (!own || own->username.empty()) throw Error(Code::kUnauthorized, "no basic auth credentials");
  require_privacy(url);
  return "Basic " + base::to_base64(own->username + ":" + own->password);
}

std::string Authorizer::bearer(const http::Url& url, Scopes scopes) {
  if (const auto& own = credentials(); own && !own->registry_token.empty()) {
    if (!is_safe_token(own->registry_token)) throw Error(Code::kInvalidArgument, "the registry token is malformed");
    require_privacy(url);
    return "Bearer " + own->registry_token;
  }
  for (const auto& scope : extra_scopes_) {
    if (!covers(scopes, {scope})) scopes.push_back(scope);
  }
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(tokens_, [now](const Token& token) { return token.expires <= now; });
  for (const auto& token : tokens_) {
    // A login has no scope, and wants a token of its own rather than any.
    if (scopes.empty() ? token.scopes.empty() : covers(token.scopes, scopes)) return "Bearer " + token.value;
  }
  if (tokens_.size() >= kMaxTokens) tokens_.erase(tokens_.begin());
  tokens_.push_back(fetch(url, scopes));
  return "Bearer " + tokens_.back().value;
}

http::Request Authorizer::token_request(const http::Url& registry, const Scopes& scopes) {
  http::Request request{.url = http::Url::parse(realm_)};
  const auto& own = credentials();
  const bool secret = own && (!own->identity_token.empty() || !own->username.empty());
  if (secret) require_privacy(registry);
  if (secret && request.url.scheme != "https" && registry.scheme == "https") {
    throw Error::format(Code::kPermissionDenied,
                        "refused to send a password over plain HTTP to {}, where {} says that tokens are to be had",
                        request.url.authority(), registry.authority());
  }
  if (own && !own->identity_token.empty()) return refresh_request(scopes);
  if (!service_.empty()) request.url.add_query("service", service_);
  for (const auto& scope : scopes) request.url.add_query("scope", scope.text());
  if (secret) {
    request.url.add_query("account", own->username);
    request.headers.set("Authorization", "Basic " + base::to_base64(own->username + ":" + own->password));
    if (wants_identity_token_) {
      request.url.add_query("client_id", kClientId);
      request.url.add_query("offline_token", "true");
    }
  }
  return request;
}

// distribution's "OAuth2 token authentication": the identity token is a refresh token.
http::Request Authorizer::refresh_request(const Scopes& scopes) {
  std::vector<std::string> texts;
  for (const auto& scope : scopes) texts.push_back(scope.text());
  const std::string form =
      "grant_type=refresh_token&refresh_token=" + http::percent_encode(credentials()->identity_token) +
      "&service=" + http::percent_encode(service_) + "&client_id=" + kClientId +
      "&scope=" + http::percent_encode(base::join(texts, " "));
  http::Request request{.method = "POST", .url = http::Url::parse(realm_)};
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body_size = form.size();
  request.body = [form = std::make_shared<std::string>(form)] { return std::make_unique<Form>(form); };
  request.follow_redirects = false;  // the body is a secret
  return request;
}

Authorizer::Token Authorizer::fetch(const http::Url& registry, const Scopes& scopes) {
  const http::Request request = token_request(registry, scopes);
  const auto asked_at = std::chrono::steady_clock::now();
  Retrier retrier(options_);
  http::Response response;
  for (;;) {
    try {
      response = client_.send(request);
      if (!may_pass(response.status) || !retrier.wait(response)) break;
    } catch (const http::TransportError& e) {
      if (e.failure() != http::Failure::kBroken || !retrier.wait()) throw;
    }
  }
  if (!response.ok()) throw to_error(request.method, response);
  json::error_code error;
  const json::value body = json::parse(response.body, error);
  const json::object* object = error ? nullptr : body.if_object();
  const auto member = [object](const char* name) {
    return object != nullptr ? base::text_member(*object, name) : std::string();
  };
  Token token{scopes, member("token"), {}};
  if (token.value.empty()) token.value = member("access_token");
  if (!is_safe_token(token.value)) {
    throw Error::format(Code::kUnavailable, "{}: the token server's answer has no token",
                        http::describe(request.method, response.url));
  }
  if (const std::string refresh = member("refresh_token"); !refresh.empty()) {
    if (wants_identity_token_) identity_token_ = refresh;
    // A server may give a new one for each use, and forget the old.
    if (credentials_ && !credentials_->identity_token.empty()) credentials_->identity_token = refresh;
  }
  std::int64_t lifetime = kDefaultLifetime;
  if (const json::value* told = object->if_contains("expires_in"); told != nullptr && told->is_number()) {
    lifetime = std::clamp<std::int64_t>(told->to_number<std::int64_t>(error), 0, 86'400);
    if (error || lifetime == 0) lifetime = kDefaultLifetime;
  }
  // A little before its time, since it must still be good when it arrives.
  token.expires =
      asked_at + seconds(lifetime) - std::min<std::chrono::milliseconds>(seconds(5), seconds(lifetime) / 10);
  base::log::debug("token for {} scopes, good for {} s", scopes.size(), lifetime);
  return token;
}

}  // namespace davit::remote
