#include "http/url.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error::format(Code::kInvalidArgument, "invalid URL \"{}\": {}", base::printable(redact(text)), why);
}

bool has_forbidden_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
}

// Takes "." and ".." out of a path that begins with '/' (RFC 3986, 5.2.4).
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string> kept;
  const auto segments = base::split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == ".") {
      if (last) kept.emplace_back();
    } else if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
      if (last) kept.emplace_back();
    } else {
      kept.push_back(segments[i]);
    }
  }
  return "/" + base::join(kept, "/");
}

}  // namespace

Url Url::parse(std::string_view text) {
  if (has_forbidden_byte(text)) refuse(text, "it has a space or a control character");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) refuse(text, "it has no scheme");
  Url url;
  url.scheme = base::to_lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") refuse(text, "the scheme is neither http nor https");
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view host = rest.substr(0, end);
  const std::string_view target = rest.substr(end);
  url.target = target.empty() || target[0] == '?' ? "/" + std::string(target) : std::string(target);
  if (host.find('@') != std::string_view::npos) refuse(text, "it has user information");
  std::string_view port;
  if (!host.empty() && host[0] == '[') {
    const auto close = host.find(']');
    if (close == std::string_view::npos) refuse(text, "the host has no closing bracket");
    port = host.substr(close + 1);
    host = host.substr(0, close + 1);
    if (!port.empty() && port[0] != ':') refuse(text, "the host is malformed");
  } else if (const auto at = host.find(':'); at != std::string_view::npos) {
    port = host.substr(at);
    host = host.substr(0, at);
  }
  if (host.empty()) refuse(text, "it has no host");
  url.host = base::to_lower(host);
  url.port = default_port(url.scheme);
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || stop != port.data() + port.size() || url.port == 0)
      refuse(text, "the port is no number");
  }
  return url;
}

Url Url::resolve(std::string_view location) const {
  location = base::trim(location);
  if (location.empty()) refuse(location, "it is empty");
  const auto colon = location.find("://");
  if (colon != std::string_view::npos && colon < location.find_first_of("/?#")) return parse(location);
  if (location.substr(0, 2) == "//") return parse(scheme + ":" + std::string(location));
  if (has_forbidden_byte(location)) refuse(location, "it has a space or a control character");
  location = location.substr(0, location.find('#'));
  Url url = *this;
  if (location.empty()) return url;
  const std::string path = target.substr(0, target.find('?'));
  if (location[0] == '?') {
    url.target = path + std::string(location);
    return url;
  }
  const auto question = std::min(location.find('?'), location.size());
  std::string new_path(location.substr(0, question));
  if (new_path[0] != '/') new_path = path.substr(0, path.rfind('/') + 1) + new_path;
  url.target = remove_dot_segments(new_path) + std::string(location.substr(question));
  return url;
}

std::string Url::authority() const { return port == default_port(scheme) ? host : host + ":" + std::to_string(port); }

std::string Url::text() const { return scheme + "://" + authority() + target; }

std::string Url::redacted() const { return scheme + "://" + authority() + target.substr(0, target.find('?')); }

void Url::add_query(std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += std::string(name) + "=" + percent_encode(value);
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  if (host.size() > 10 && host.substr(host.size() - 10) == ".localhost") return true;
  const auto parts = base::split(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
           return !part.empty() && part.size() <= 3 && part.find_first_not_of("0123456789") == std::string::npos;
         });
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter_or_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter_or_digit || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

std::string redact(std::string_view url) {
  std::string text(url.substr(0, url.find_first_of("?#")));
  const auto slashes = text.find("//");
  const auto begin = slashes == std::string::npos ? 0 : slashes + 2;
  const auto end = std::min(text.find('/', begin), text.size());
  const auto at = end == 0 ? std::string::npos : text.rfind('@', end - 1);
  if (at != std::string::npos && at >= begin) text.erase(begin, at + 1 - begin);
  return text;
}

}  // namespace davit::http
