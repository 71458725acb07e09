#pragma once
// Which proxy a request goes through, by the rules of Go's httpproxy package, which docker follows.

#include <optional>
#include <string>

#include "http/url.h"

namespace davit::http {

// As the environment gives them; each may be empty.
struct ProxySettings {
  std::string http;      // for http:// URLs: "http://[USER:PASSWORD@]HOST[:PORT]", or without the scheme
  std::string https;     // for https:// URLs
  std::string no_proxy;  // by commas: "*", "host[:port]" (it and what is below it), ".domain", "*.domain", IP, CIDR

  // HTTP_PROXY, HTTPS_PROXY and NO_PROXY; each in lower case where the other is missing or empty.
  static ProxySettings from_environment();
  bool operator==(const ProxySettings&) const = default;
};

struct Proxy {
  std::string url;  // "http://host:port" or "https://host:port": without user information, fit for messages
  std::string username, password;
};

// Nothing: the request goes straight to its host, as those to "localhost" and loopback addresses always do. Throws
// Error(kInvalidArgument) where the setting is no URL, Error(kNotSupported) for a proxy that speaks neither http nor
// https; neither shows the user information.
std::optional<Proxy> choose_proxy(const ProxySettings& settings, const Url& url);

}  // namespace davit::http
