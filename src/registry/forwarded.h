#pragma once
// What a reverse proxy tells of the request it passes on. Private to src/registry.

#include <string>

#include "http/request.h"
#include "registry/settings.h"

namespace davit::registry {

// Under which the client reached us: settings.external_url, else by Forwarded (RFC 7239) or X-Forwarded-Proto and -Host
// where a trusted proxy sent the request, else by Host. Without a '/' at its end.
std::string base_url(const Settings& settings, const http::ServerRequest& request);
// Who sent the request: the last address of X-Forwarded-For, or of Forwarded where there is none of that, that is no
// trusted proxy's, where trusted proxies sent it; else the peer's. Of an IPv6 address the first 64 bits, as those are
// what one client has: "2001:db8:0:1::/64".
std::string client_address(const Settings& settings, const http::ServerRequest& request);
bool is_trusted_proxy(const Settings& settings, const std::string& address);

}  // namespace davit::registry
