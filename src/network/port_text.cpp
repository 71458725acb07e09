#include "network/port_text.h"

#include <array>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"

namespace davit::network {

namespace {

using base::Code;
using base::Error;

struct Range {
  int first = 0, last = 0;
  int size() const { return last - first + 1; }
};

[[noreturn]] void refuse(const char* what, std::string_view text) {
  throw Error::format(Code::kInvalidArgument, "{}: {}", what, base::printable(text));
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0 || value > 65535) return {};
  return value;
}

Range range_of(std::string_view text, const char* what) {
  const auto dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first) refuse(what, text);
  return {*first, *last};
}

Protocol protocol_of(std::string_view text) {
  const auto lower = base::to_lower(text);
  for (const auto protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
    if (lower == name(protocol)) return protocol;
  }
  refuse("invalid proto", text);
}

// "80/udp" -> "80", udp.
std::pair<std::string, Protocol> split_protocol(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return {text, Protocol::kTcp};
  const auto protocol = text.substr(slash + 1);
  return {text.substr(0, slash), protocol.empty() ? Protocol::kTcp : protocol_of(protocol)};
}

struct Parts {
  std::string host, host_port, container_port;
};

// From the right, as an IPv6 address has colons of its own.
Parts split_parts(const std::string& text) {
  Parts parts;
  const auto last = text.rfind(':');
  if (last == std::string::npos) return {{}, {}, text};
  parts.container_port = text.substr(last + 1);
  const auto rest = text.substr(0, last);
  const auto second = rest.rfind(':');
  parts.host_port = second == std::string::npos ? rest : rest.substr(second + 1);
  if (second != std::string::npos) parts.host = rest.substr(0, second);
  if (parts.host.starts_with('[') && parts.host.ends_with(']'))
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  return parts;
}

}  // namespace

std::vector<PortWish> parse_published_port(const std::string& text) {
  const auto [ports, protocol] = split_protocol(text);
  const auto parts = split_parts(ports);
  if (parts.container_port.empty()) {
    throw Error::format(Code::kInvalidArgument, "no port specified: {}<empty>", base::printable(text));
  }
  if (!parts.host.empty() && !Address::parse(parts.host)) refuse("invalid IP address", parts.host);
  const auto inside = range_of(parts.container_port, "invalid containerPort");
  if (inside.first == 0) refuse("invalid containerPort", parts.container_port);
  const auto outside = parts.host_port.empty() ? Range() : range_of(parts.host_port, "invalid hostPort");
  const bool any = parts.host_port.empty();
  // A range of the host's for one port: the first free of it.
  const bool choice = !any && inside.size() == 1 && outside.size() > 1;
  if (!any && !choice && inside.size() != outside.size()) {
    throw Error::format(Code::kInvalidArgument, "invalid ranges specified for container and host Ports: {} and {}",
                        parts.container_port, parts.host_port);
  }
  std::vector<PortWish> wishes;
  for (int i = 0; i < inside.size(); ++i) {
    PortWish wish = {.protocol = protocol, .host = parts.host, .container_port = inside.first + i};
    if (!any) wish.first_host_port = choice ? outside.first : outside.first + i;
    if (!any) wish.last_host_port = choice ? outside.last : wish.first_host_port;
    wishes.push_back(std::move(wish));
  }
  return wishes;
}

std::vector<std::string> parse_exposed_ports(const std::string& text) {
  if (text.find(':') != std::string::npos) {
    throw Error::format(Code::kInvalidArgument, "invalid port format for --expose: {}", base::printable(text));
  }
  const auto [ports, protocol] = split_protocol(text);
  Range range;
  try {
    range = range_of(ports, "");
  } catch (const Error&) {
    throw Error::format(
        Code::kInvalidArgument,
        "invalid range format for --expose: {0}, error: strconv.ParseUint: parsing \"{0}\": invalid syntax",
        base::printable(ports));
  }
  std::vector<std::string> exposed;
  for (int port = range.first; port <= range.last; ++port) {
    exposed.push_back(std::to_string(port) + "/" + name(protocol));
  }
  return exposed;
}

PortWish parse_exposed_port(const std::string& text) {
  const auto [port, protocol] = split_protocol(text);
  return {.protocol = protocol, .container_port = range_of(port, "invalid port").first};
}

}  // namespace davit::network
