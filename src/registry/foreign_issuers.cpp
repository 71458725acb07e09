#include "registry/foreign_issuers.h"

#include <algorithm>

#include "base/error.h"
#include "http/client.h"

namespace davit::registry {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::chrono::seconds kMostSeconds{10};

// A document in memory, for a peer that may send without end.
class BoundedText final : public base::Sink {
 public:
  void write(base::ByteView bytes) override {
    if (text_.size() + bytes.size() > kMostBytes)
      throw Error::format(Code::kUnavailable, "the document has more than {} bytes", kMostBytes);
    if (std::chrono::steady_clock::now() > deadline_)
      throw Error::format(Code::kTimeout, "the document took more than {} seconds", kMostSeconds.count());
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const std::string& text() const { return text_; }

 private:
  const std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + kMostSeconds;
  std::string text_;
};

http::ClientOptions client_options(const ForeignIssuer& issuer) {
  http::ClientOptions options{.connect_timeout = std::chrono::seconds(5),
                              .stall_timeout = std::chrono::seconds(5),
                              .proxy = http::ProxySettings::from_environment(),
                              .user_agent = "davit-registry"};
  if (!issuer.certificate_authority.empty()) options.ca_files.push_back(issuer.certificate_authority);
  return options;
}

}  // namespace

std::vector<auth::Key> fetch_issuer_keys(const ForeignIssuer& issuer) {
  http::Client client(client_options(issuer));
  // Where the keys are is the operator's word, not a redirect's.
  const http::Request request{.url = http::Url::parse(issuer.keys_url),
                              .headers = {{"Accept", "application/jwk-set+json, application/json"}},
                              .follow_redirects = false};
  BoundedText document;
  const auto response = client.send(request, [&](const http::ResponseHead&) { return &document; });
  if (response.status != 200)
    throw Error::format(Code::kUnavailable, "{}: {}", http::describe("GET", request.url), response.status_text());
  return auth::parse_key_set(document.text());
}

ForeignIssuers::ForeignIssuers(const std::vector<ForeignIssuer>& issuers) {
  for (const auto& issuer : issuers) {
    const auto fetch = [issuer] { return fetch_issuer_keys(issuer); };
    known_.push_back({issuer, std::make_unique<IssuerKeys>(issuer.issuer, fetch, IssuerKeys::Times{})});
  }
}

std::optional<auth::TokenClaims> ForeignIssuers::verify(const std::string& token, std::int64_t now) {
  if (known_.empty()) return std::nullopt;
  const auto origin = auth::origin_of(token);
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const Known& known) { return known.issuer.issuer == origin.issuer; });
  if (found == known_.end()) return std::nullopt;
  const auto& issuer = found->issuer;
  auto claims = auth::verify_token(token, *found->keys->keys_for(origin.key),
                                   {.issuer = issuer.issuer, .audience = issuer.audience, .now = now});
  if (claims.subject.empty()) throw Error(Code::kUnauthorized, "the token is not good: it has no subject");
  claims.subject = issuer.name + ":" + claims.subject;
  return claims;
}

}  // namespace davit::registry
