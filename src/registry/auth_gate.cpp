#include "registry/auth_gate.h"

#include <algorithm>
#include <chrono>

#include <boost/json.hpp>

#include "auth/authorization.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/strings.h"
#include "registry/errors.h"
#include "registry/forwarded.h"

namespace davit::registry {

namespace json = boost::json;
using base::Code;
using base::Error;

namespace {

constexpr std::int64_t kAccessSeconds = 300;
constexpr std::int64_t kRefreshSeconds = 90 * 24 * 3600;
constexpr std::int64_t kForeignSeconds = 60;  // a key that its issuer takes back counts for no longer
constexpr std::size_t kMostKnown = 10'000;
constexpr std::size_t kMostForm = 64 * 1024;
constexpr const char* kService = "davit-registry";
constexpr const char* kTokenPath = "/token";

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::now().time_since_epoch()).count();
}

Caller caller_of(const auth::TokenClaims& claims) {
  Caller caller{.user = claims.subject, .grants = std::vector<Grant>(), .catalog = false};
  for (const auto& access : claims.access) {
    if (access.type == "registry" && access.name == "catalog") caller.catalog = true;
    if (access.type != "repository") continue;
    Grant grant{access.name, {}};
    for (const auto& word : access.actions) {
      if (const auto action = parse_action(word)) grant.actions.push_back(*action);
    }
    caller.grants->push_back(std::move(grant));
  }
  return caller;
}

std::string scope_of(const Wish& wish) {
  if (wish.place == Place::kCatalog) return "registry:catalog:*";
  const char* actions = wish.action == Action::kPull ? "pull" : wish.action == Action::kPush ? "pull,push" : "delete";
  return "repository:" + wish.repository + ":" + actions;
}

// Of what is asked for, what the caller may: docker's specification wants the rest left out, not refused.
std::vector<auth::TokenAccess> granted(const AccessRules& rules, const Caller& caller,
                                       const std::vector<std::string>& scopes) {
  std::vector<auth::TokenAccess> all;
  for (const auto& text : scopes) {
    auto access = auth::parse_scope(text);
    if (access.type == "registry" && access.name == "catalog") {
      all.push_back(std::move(access));
      continue;
    }
    if (access.type != "repository" || !is_repository_name(access.name)) continue;
    std::vector<std::string> allowed;
    for (const auto& word : access.actions) {
      const auto candidates = word == "*" ? std::vector<std::string>{"pull", "push", "delete"} : std::vector{word};
      for (const auto& candidate : candidates) {
        const auto action = parse_action(candidate);
        if (action && may(rules, caller, *action, access.name)) allowed.push_back(candidate);
      }
    }
    access.actions = std::move(allowed);
    if (!access.actions.empty()) all.push_back(std::move(access));
  }
  return all;
}

// A token is good for no other token, or its end would mean nothing.
bool shows_token(const http::ServerRequest& request) {
  return http::equal_ignoring_case(request.header("authorization").substr(0, 7), "bearer ");
}

std::vector<std::string> scopes_of(const http::Query& query) {
  std::vector<std::string> all;
  for (const auto& value : query.all("scope")) {
    for (auto& scope : base::split(value, ' ')) {
      if (!scope.empty()) all.push_back(std::move(scope));
    }
  }
  return all;
}

}  // namespace

AuthGate::AuthGate(const Settings& settings, TokenStore& tokens)
    : settings_(settings), tokens_(tokens), passwords_(settings.password_file), foreign_(settings.issuers) {}

std::string AuthGate::realm(const http::ServerRequest& request) const {
  return base_url(settings_, request) + kTokenPath;
}

http::ServerResponse AuthGate::challenge(const http::ServerRequest& request, const std::string& scope,
                                         std::string_view error, Problem problem) const {
  auto response = refuse_as(401, problem, {});
  std::string field = fmt::format("Bearer realm=\"{}\",service=\"{}\"", realm(request), kService);
  if (!scope.empty()) field += fmt::format(",scope=\"{}\"", scope);
  if (!error.empty()) field += fmt::format(",error=\"{}\"", error);
  response.add("WWW-Authenticate", field);
  return response;
}

Caller AuthGate::bearer(const std::string& token) {
  const std::int64_t now = now_seconds();
  if (const auto claims = foreign_.verify(token, now)) {
    Caller caller = caller_of(*claims);
    caller.foreign = true;
    remember(token, caller, std::min(claims->expires, now + kForeignSeconds));
    return caller;
  }
  const auto claims =
      auth::verify_token(token, tokens_.keys(), {.issuer = kTokenIssuer, .audience = kService, .now = now});
  Caller caller = caller_of(claims);
  remember(token, caller, claims.expires);
  return caller;
}

void AuthGate::remember(const std::string& token, const Caller& caller, std::int64_t expires) {
  const std::lock_guard lock(mutex_);
  if (known_tokens_.size() >= kMostKnown) known_tokens_.clear();
  known_tokens_.insert_or_assign(token, KnownToken{caller, expires});
}

std::optional<Caller> AuthGate::known(const http::ServerRequest& request) {
  const std::string_view field = request.header("authorization");
  if (field.empty()) return Caller{};
  try {
    const auto credentials = auth::parse_authorization(field);
    if (const auto* shown = std::get_if<auth::BearerCredentials>(&credentials)) {
      const std::lock_guard lock(mutex_);
      const auto found = known_tokens_.find(shown->token);
      if (found != known_tokens_.end() && now_seconds() <= found->second.expires) return found->second.caller;
    } else if (const auto* basic = std::get_if<auth::BasicCredentials>(&credentials)) {
      if (passwords_.is_known(basic->user, basic->password)) return Caller{.user = basic->user};
    }
  } catch (const Error&) {
    // told where there is time to
  }
  return std::nullopt;
}

AuthGate::Identified AuthGate::identify_basic(const std::string& user, const std::string& password,
                                              const http::ServerRequest& request) {
  if (TokenStore::is_secret(password)) {
    if (const auto token = tokens_.find(password)) {
      Caller caller{.user = token->user};
      if (!token->access.empty()) caller = caller_of({.subject = token->user, .access = token->access});
      return caller;
    }
  }
  switch (passwords_.check(user, password, request.peer.text)) {
    case PasswordChecks::Result::kGood:
      return Caller{.user = user};
    case PasswordChecks::Result::kSlowed:
      return refuse_until(PasswordChecks::kLongestPause, "too many failed logins; try again later");
    case PasswordChecks::Result::kBusy:
      return refuse_until(std::chrono::seconds(1), "too many logins at once");
    case PasswordChecks::Result::kBad:
      break;
  }
  return challenge(request, {}, {}, Problem::kUnauthorized);
}

AuthGate::Identified AuthGate::identify(const http::ServerRequest& request) {
  try {
    const auto credentials = auth::parse_authorization(request.header("authorization"));
    if (const auto* basic = std::get_if<auth::BasicCredentials>(&credentials))
      return identify_basic(basic->user, basic->password, request);
    if (const auto* shown = std::get_if<auth::BearerCredentials>(&credentials)) return bearer(shown->token);
    return Caller{};
  } catch (const Error& error) {
    if (error.code() == Code::kUnavailable) return refuse(Problem::kUnavailable, error.message()).add("Retry-After", 1);
    if (error.code() != Code::kUnauthorized) throw;
    return challenge(request, {}, "invalid_token", Problem::kUnauthorized);
  }
}

std::variant<Caller, http::ServerResponse> AuthGate::admit(const http::ServerRequest& request, const Wish& wish) {
  auto identified = known(request);
  if (!identified) {
    auto slow = identify(request);
    if (auto* refusal = std::get_if<http::ServerResponse>(&slow)) {
      // A bad token is renewed with the scope that is needed.
      if (refusal->status() == 401) return challenge(request, scope_of(wish), "invalid_token", Problem::kUnauthorized);
      return std::move(*refusal);
    }
    identified = std::move(std::get<Caller>(slow));
  }
  Caller& caller = *identified;
  // The catalogue shows each what it may pull.
  if (wish.place == Place::kCatalog || may(settings_.access, caller, wish.action, wish.repository)) {
    return std::move(caller);
  }
  if (caller.is_anonymous() && !caller.grants) return challenge(request, scope_of(wish), {}, Problem::kUnauthorized);
  if (caller.grants) return challenge(request, scope_of(wish), "insufficient_scope", Problem::kDenied);
  return refuse(Problem::kDenied);
}

http::Handler::Reply AuthGate::greet(const http::ServerRequest& request) {
  // Docker asks once, here, whether there is anything to log in to.
  if (request.header("authorization").empty()) return challenge(request, {}, {}, Problem::kUnauthorized);
  if (known(request)) return OpenGate::greeting();
  return http::work([this, &request]() -> http::ServerResponse {
    auto identified = identify(request);
    if (auto* refusal = std::get_if<http::ServerResponse>(&identified)) return std::move(*refusal);
    return OpenGate::greeting();
  });
}

bool AuthGate::serves(const http::ServerRequest& request) { return request.path() == kTokenPath; }

http::Handler::Reply AuthGate::serve(const http::ServerRequest& request) {
  if (request.method == "GET") {
    return http::work([this, &request] { return grant(request, std::string(request.query()), false); });
  }
  if (request.method != "POST") return refuse(Problem::kUnsupported);
  return http::collect(
      kMostForm, [] { return refuse(Problem::kTooLarge); },
      [this, &request](const std::string& form) { return grant(request, form, true); });
}

// GET: docker's "Requesting a Token". POST: OAuth2 (RFC 6749) by password or refresh token.
http::ServerResponse AuthGate::grant(const http::ServerRequest& request, const std::string& parameters, bool is_post) {
  const http::Query query(parameters);
  auto identified = Identified(Caller{});
  bool wants_refresh = query.get("offline_token") == "true" || query.get("access_type") == "offline";
  std::string shown_refresh;
  if (is_post) {
    const auto type = query.get("grant_type").value_or("");
    if (type == "password") {
      identified = identify_basic(query.get("username").value_or(""), query.get("password").value_or(""), request);
    } else if (type == "refresh_token") {
      shown_refresh = query.get("refresh_token").value_or("");
      identified = identify_basic("", TokenStore::is_secret(shown_refresh) ? shown_refresh : "-", request);
      wants_refresh = false;
    } else {
      return refuse_as(400, Problem::kUnsupported, "grant_type must be password or refresh_token");
    }
  } else if (shows_token(request)) {
    return challenge(request, {}, "invalid_token", Problem::kUnauthorized);
  } else {
    identified = identify(request);
  }
  if (auto* refusal = std::get_if<http::ServerResponse>(&identified)) return std::move(*refusal);
  const Caller& caller = std::get<Caller>(identified);
  const std::int64_t now = now_seconds();
  auth::TokenClaims claims{.issuer = kTokenIssuer,
                           .subject = caller.user,
                           .id = base::random_hex(16),
                           .audience = {kService},
                           .issued = now,
                           .not_before = now,
                           .expires = now + kAccessSeconds};
  try {
    claims.access = granted(settings_.access, caller, scopes_of(query));
  } catch (const Error& error) {
    return refuse_as(400, Problem::kUnsupported, error.message());
  }
  const std::string token = auth::sign_token(claims, tokens_.keys().front());
  json::object body{{"token", token},
                    {"access_token", token},
                    {"expires_in", kAccessSeconds},
                    {"issued_at", base::to_rfc3339(base::Time(std::chrono::seconds(now)))}};
  if (!shown_refresh.empty()) {
    body["refresh_token"] = shown_refresh;
  } else if (wants_refresh && !caller.is_anonymous() && !caller.grants) {
    body["refresh_token"] = tokens_.create({.user = caller.user, .expires = now + kRefreshSeconds});
  }
  http::ServerResponse response(200);
  response.add("Content-Type", "application/json").add("Cache-Control", "no-store");
  response.body(json::serialize(body));
  return response;
}

}  // namespace davit::registry
