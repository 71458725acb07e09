#include "dockerfile/ports.h"

#include <charconv>
#include <optional>

#include <arpa/inet.h>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

struct PortParts {
  std::string address;
  std::string host;
  std::string container;
};

struct PortRange {
  int first = 0;
  int last = 0;
};

// [address:][host:]container; an IPv6 address has colons of its own.
PortParts split_port(std::string_view word) {
  const std::size_t last = word.rfind(':');
  if (last == std::string_view::npos) return {"", "", std::string(word)};
  PortParts parts;
  parts.container = word.substr(last + 1);
  word = word.substr(0, last);
  const std::size_t before = word.rfind(':');
  parts.host = before == std::string_view::npos ? word : word.substr(before + 1);
  if (before != std::string_view::npos) parts.address = word.substr(0, before);
  return parts;
}

std::optional<int> port_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  if (value < 0 || value > 65535) return {};
  return value;
}

std::optional<PortRange> port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::optional<int> first = port_number(text.substr(0, dash));
  if (!first) return {};
  if (dash == std::string_view::npos) return PortRange{*first, *first};
  const std::optional<int> last = port_number(text.substr(dash + 1));
  if (!last || *last < *first) return {};
  return PortRange{*first, *last};
}

void check_address(std::string address) {
  if (address.empty()) return;
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  unsigned char bytes[16];
  if (inet_pton(AF_INET, address.c_str(), bytes) == 1 || inet_pton(AF_INET6, address.c_str(), bytes) == 1) return;
  throw Error::format(Code::kInvalidArgument, "invalid IP address: {}", address);
}

// A range of the host may be anything for one port, and must be as long as a range of the container.
void check_host(const std::string& host, const std::string& container, PortRange range) {
  if (host.empty()) return;
  const std::optional<PortRange> other = port_range(host);
  if (!other) throw Error::format(Code::kInvalidArgument, "invalid hostPort: {}", host);
  if (range.first == range.last || range.last - range.first == other->last - other->first) return;
  throw Error::format(Code::kInvalidArgument, "invalid ranges specified for container and host Ports: {} and {}",
                      container, host);
}

}  // namespace

ExposedPorts parse_exposed(std::string_view word) {
  const PortParts parts = split_port(word);
  const std::size_t slash = parts.container.find('/');
  const std::string port = parts.container.substr(0, slash);
  ExposedPorts out;
  out.protocol = slash == std::string::npos ? "" : parts.container.substr(slash + 1);
  if (out.protocol.empty()) out.protocol = "tcp";
  const std::string protocol = base::to_lower(out.protocol);
  if (port.empty()) throw Error::format(Code::kInvalidArgument, "invalid port: {}: no port specified", quoted(word));
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    throw Error::format(Code::kInvalidArgument, "invalid port: {}: invalid proto: {}", quoted(word), out.protocol);
  }
  out.has_host_part = !parts.address.empty() || !parts.host.empty();
  check_address(parts.address);
  const std::optional<PortRange> range = port_range(port);
  if (!range) throw Error::format(Code::kInvalidArgument, "invalid containerPort: {}", port);
  check_host(parts.host, port, *range);
  for (int number = range->first; number <= range->last; ++number) {
    out.ports.push_back(std::to_string(number) + "/" + protocol);
  }
  return out;
}

std::vector<std::string> exposed_ports(std::span<const std::string> words) {
  std::vector<std::string> ports;
  for (const std::string& word : words) {
    for (std::string& port : parse_exposed(word).ports) ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace davit::dockerfile
