#pragma once
// http and https URLs (RFC 3986) as far as a client needs them. Values; always have a scheme, a host and a target.

#include <cstdint>
#include <string>
#include <string_view>

namespace davit::http {

struct Url {
  std::string scheme;      // "http" or "https"
  std::string host;        // lower case; an IPv6 address has its brackets
  std::uint16_t port = 0;  // never 0 after parse(): the scheme's default where none is given
  std::string target;      // path and query, begins with '/'; the fragment is dropped

  // Throws Error(kInvalidArgument) with the redacted text: no http(s) URL, user information (which davit neither uses
  // nor passes on), a control character or a space.
  static Url parse(std::string_view text);
  // What a Location header of this URL's answer means: absolute, "//host/…", "/path", "path" or "?query" (RFC
  // 3986, 5.2).
  Url resolve(std::string_view location) const;

  std::string text() const;
  std::string authority() const;  // "host" or "host:port" where it is not the scheme's default
  // For messages and logs: without the query, which may be a signature or an upload's state.
  std::string redacted() const;
  bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
  // Adds "name=value" to the query, the value encoded.
  void add_query(std::string_view name, std::string_view value);
};

bool is_loopback_host(std::string_view host);       // "localhost", "*.localhost", 127.0.0.0/8, [::1]; without a port
std::string percent_encode(std::string_view text);  // all but RFC 3986's unreserved characters
// Any text that may be a URL, for messages: user information and query removed.
std::string redact(std::string_view url);

}  // namespace davit::http
