#include "http/proxy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

std::string first_of(const char* upper, const char* lower) {
  for (const char* name : {upper, lower}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      if (error == std::errc() && end == text.data() + i + 3) {
        decoded += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string_view::npos;
}

Proxy parse_proxy(std::string_view text) {
  std::string scheme = "http";
  std::string_view rest = text;
  if (const auto mark = text.find("://"); mark != std::string_view::npos) {
    scheme = base::to_lower(text.substr(0, mark));
    rest = text.substr(mark + 3);
  }
  const std::string_view whole = rest;
  rest = rest.substr(0, rest.find_first_of("/?#"));
  // A password with one of these in it as it is: what seems to be the host is a part of it.
  if (!is_scheme(scheme) || whole.find('@', rest.size()) != std::string_view::npos) {
    throw Error(
        Code::kInvalidArgument,
        "invalid proxy address (not shown, for it may hold a password): expected "
        "http://[USER:PASSWORD@]HOST[:PORT], with '/', '?', '#' and '@' in a password as %2F, %3F, %23 and %40");
  }
  Proxy proxy;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    const auto colon = user.find(':');
    proxy.username = percent_decode(user.substr(0, colon));
    if (colon != std::string_view::npos) proxy.password = percent_decode(user.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  if (scheme != "http" && scheme != "https") {
    throw Error::format(Code::kNotSupported, "proxy {}://{}: davit speaks to proxies by http and https only",
                        base::printable(scheme, 20), base::printable(rest));
  }
  try {
    const Url url = Url::parse(scheme + "://" + std::string(rest));
    proxy.url = url.scheme + "://" + url.host + ":" + std::to_string(url.port);
  } catch (const Error& e) {
    throw Error::format(e.code(), "invalid proxy address \"{}\"", base::printable(rest));
  }
  return proxy;
}

// An address in IPv6 form: IPv4 as ::ffff:a.b.c.d.
struct Address {
  std::array<unsigned char, 16> bytes{};
  bool v4 = false;

  static std::optional<Address> parse(std::string_view text) {
    const std::string copy(text);
    Address address;
    if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data() + 12) == 1) {
      address.bytes[10] = address.bytes[11] = 0xff;
      address.v4 = true;
      return address;
    }
    if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) != 1) return std::nullopt;
    static constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    address.v4 = std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
    return address;
  }
  bool is_loopback() const {
    if (v4) return bytes[12] == 127;
    Address one;
    one.bytes[15] = 1;
    return bytes == one.bytes;
  }
  bool same_prefix(const Address& other, unsigned bits) const {
    const std::size_t whole = bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), other.bytes.begin()))
      return false;
    if (bits % 8 == 0) return true;
    const unsigned mask = 0xff00U >> (bits % 8);
    return ((bytes[whole] ^ other.bytes[whole]) & mask & 0xffU) == 0;
  }
};

struct Network {
  Address address;
  unsigned bits = 0;  // of the IPv6 form

  static std::optional<Network> parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > (address->v4 ? 32U : 128U))
      return std::nullopt;
    return Network{*address, address->v4 ? bits + 96 : bits};
  }
  bool contains(const Address& other) const { return address.v4 == other.v4 && address.same_prefix(other, bits); }
};

struct HostPort {
  std::string_view host, port;
};

// "host:port" and "[v6]:port" apart; anything else is a host alone.
HostPort split_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, {}};
  const std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return {host.substr(1, host.size() - 2), text.substr(colon + 1)};
  if (host.find(':') != std::string_view::npos) return {text, {}};  // an IPv6 address without a port
  return {host, text.substr(colon + 1)};
}

// Whether one entry of no_proxy, in lower case, is about the host.
bool excepts(std::string_view entry, std::string_view host, const std::optional<Address>& address,
             std::string_view port) {
  if (const auto network = Network::parse(entry)) return address && network->contains(*address);
  auto [name, entry_port] = split_port(entry);
  if (name.empty() || (!entry_port.empty() && entry_port != port)) return false;
  if (const auto own = Address::parse(name)) return address && address->bytes == own->bytes;
  if (name.starts_with("*.")) name.remove_prefix(1);
  if (name.front() != '.') {
    if (host == name) return true;
    return host.size() > name.size() && host.ends_with(name) && host[host.size() - name.size() - 1] == '.';
  }
  return host.ends_with(name);
}

bool goes_direct(const std::string& no_proxy, const Url& url) {
  std::string_view host = url.host;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host == "localhost") return true;
  const auto address = Address::parse(host);
  if (address && address->is_loopback()) return true;
  const std::string port = std::to_string(url.port);
  for (const std::string& part : base::split(no_proxy, ',')) {
    const std::string entry = base::to_lower(base::trim(part));
    if (entry.empty()) continue;
    if (entry == "*" || excepts(entry, host, address, port)) return true;
  }
  return false;
}

}  // namespace

ProxySettings ProxySettings::from_environment() {
  return {.http = first_of("HTTP_PROXY", "http_proxy"),
          .https = first_of("HTTPS_PROXY", "https_proxy"),
          .no_proxy = first_of("NO_PROXY", "no_proxy")};
}

std::optional<Proxy> choose_proxy(const ProxySettings& settings, const Url& url) {
  const std::string& text = url.scheme == "https" ? settings.https : settings.http;
  if (text.empty() || goes_direct(settings.no_proxy, url)) return std::nullopt;
  return parse_proxy(base::trim(text));
}

}  // namespace davit::http
