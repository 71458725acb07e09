#include "docker/port_list.h"

#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/strings.h"

namespace davit::docker {

namespace {

struct Port {
  int container_port = 0;
  std::string host;  // empty: only exposed
  int host_port = 0;
  std::string protocol;
  auto operator<=>(const Port&) const = default;
};

std::set<Port> ports_of(const container::Record& record, const std::vector<network::Endpoint>& endpoints) {
  std::set<Port> ports;
  std::set<std::string> published;
  bool connected = false;
  for (const auto& endpoint : endpoints) {
    if (endpoint.container != record.id) continue;
    connected = true;
    for (const auto& binding : endpoint.ports) {
      const std::string protocol = network::name(binding.protocol);
      published.insert(std::to_string(binding.container_port) + "/" + protocol);
      ports.insert({binding.container_port,
                    binding.host.is_v6() ? "[" + binding.host.text() + "]" : binding.host.text(), binding.host_port,
                    protocol});
    }
  }
  if (!connected) return ports;
  for (const auto& exposed : record.description.exposed_ports) {
    if (published.contains(exposed)) continue;
    const auto slash = exposed.find('/');
    Port port = {.protocol = slash == std::string::npos ? "tcp" : exposed.substr(slash + 1)};
    std::from_chars(exposed.data(), exposed.data() + std::min(slash, exposed.size()), port.container_port);
    ports.insert(std::move(port));
  }
  return ports;
}

struct Range {
  int first = 0, last = 0;

  std::string text(const std::string& host, const std::string& protocol) const {
    const auto numbers = first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
    return host.empty() ? numbers + "/" + protocol : fmt::format("{}:{}->{}/{}", host, numbers, numbers, protocol);
  }
};

}  // namespace

std::string port_list(const container::Record& record, const std::vector<network::Endpoint>& endpoints) {
  std::vector<std::string> shown, moved;
  std::map<std::pair<std::string, std::string>, Range> ranges;  // by host and protocol
  for (const auto& port : ports_of(record, endpoints)) {
    if (port.host_port != 0 && port.host_port != port.container_port) {
      moved.push_back(fmt::format("{}:{}->{}/{}", port.host, port.host_port, port.container_port, port.protocol));
      continue;
    }
    const auto [found, is_new] =
        ranges.try_emplace({port.host, port.protocol}, Range{port.container_port, port.container_port});
    auto& range = found->second;
    if (is_new) continue;
    if (port.container_port > range.last + 1) {
      shown.push_back(range.text(port.host, port.protocol));
      range.first = port.container_port;
    }
    range.last = port.container_port;
  }
  for (const auto& [key, range] : ranges) shown.push_back(range.text(key.first, key.second));
  shown.insert(shown.end(), moved.begin(), moved.end());
  return base::join(shown, ", ");
}

}  // namespace davit::docker
