#include "container/network_names.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"
#include "container/make_spec.h"
#include "network/port_text.h"

namespace davit::container {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kShortId = 12;

// A linked container, where it is in the same network.
struct Linked {
  Link link;
  Container container;
  std::string address;
};

const network::Place* place_in(const std::vector<network::Place>& places, const std::string& network_id) {
  for (const auto& place : places) {
    if (place.network.id == network_id) return &place;
  }
  return nullptr;
}

// By the first network that both are in. One that is not there, or does not run, has no name.
std::optional<Linked> find_linked(ContainerStore& store, const std::vector<network::Place>& places, const Link& link) {
  auto other = store.find(link.container);
  if (!other) return {};
  for (const auto& place : store.networks().places_of(other->id())) {
    if (place_in(places, place.network.id) == nullptr || !place.endpoint.v4) continue;
    return Linked{link, std::move(*other), place.endpoint.v4->text()};
  }
  return {};
}

std::string host_line(const Linked& linked) {
  const auto& name = linked.container.name();
  auto line = linked.address + "\t" + linked.link.alias + " " + hostname_of(linked.container.record);
  if (name != linked.link.alias) line += " " + name;
  return line + "\n";
}

// Docker's variables of old: ALIAS_NAME, ALIAS_PORT_80_TCP_ADDR, ALIAS_ENV_X...
void put_environment(const Linked& linked, const std::string& own_name, std::vector<std::string>& lines) {
  auto prefix = base::to_upper(linked.link.alias);
  std::replace(prefix.begin(), prefix.end(), '-', '_');
  std::vector<network::PortWish> ports;
  for (const auto& exposed : linked.container.record.description.exposed_ports)
    ports.push_back(network::parse_exposed_port(exposed));
  std::sort(ports.begin(), ports.end(), [](const auto& a, const auto& b) {
    return std::pair(a.container_port, a.protocol) < std::pair(b.container_port, b.protocol);
  });
  const auto url = [&](const network::PortWish& port) {
    return fmt::format("{}://{}:{}", network::name(port.protocol), linked.address, port.container_port);
  };
  if (!ports.empty()) lines.push_back(prefix + "_PORT=" + url(ports.front()));
  for (const auto& port : ports) {
    const std::string protocol = network::name(port.protocol);
    const auto name = fmt::format("{}_PORT_{}_{}", prefix, port.container_port, base::to_upper(protocol));
    lines.push_back(name + "=" + url(port));
    lines.push_back(name + "_ADDR=" + linked.address);
    lines.push_back(name + "_PORT=" + std::to_string(port.container_port));
    lines.push_back(name + "_PROTO=" + protocol);
  }
  lines.push_back(fmt::format("{}_NAME=/{}/{}", prefix, own_name, linked.link.alias));
  for (const auto& line : linked.container.record.description.env) {
    if (line.find('=') == std::string::npos || line.starts_with("HOME=") || line.starts_with("PATH=")) continue;
    lines.push_back(prefix + "_ENV_" + line);
  }
}

// The host as the container sees it: its end of the first bridge.
std::string host_gateway(ContainerStore& store, const std::vector<network::Place>& places) {
  for (const auto& place : places) {
    const auto gateways = place.network.gateways();
    if (place.network.driver == network::Driver::kBridge && !gateways.empty()) return gateways.front().text();
  }
  return store.networks().get(network::kDefaultNetwork).gateways().front().text();
}

}  // namespace

Link parse_link(const std::string& text) {
  if (text.empty()) throw Error(Code::kInvalidArgument, "empty string specified for links");
  const auto parts = base::split(text, ':');
  if (parts.size() > 2 || parts[0].empty() || parts.back().empty())
    throw Error::format(Code::kInvalidArgument, "bad format for links: {}", base::printable(text));
  return {.container = parts[0], .alias = parts.back().substr(parts.back().rfind('/') + 1)};
}

NetworkNames network_names(ContainerStore& store, const Record& record, const std::vector<network::Place>& places) {
  const auto& description = record.description;
  NetworkNames names;
  const auto& hosts = description.names.extra_hosts;
  if (std::any_of(hosts.begin(), hosts.end(), [](const auto& host) { return host.ends_with(":host-gateway"); }))
    names.host_gateway = host_gateway(store, places);
  names.host_lines = own_host_lines(description, hostname_of(record), places);
  for (const auto& link : description.links) {
    const auto linked = find_linked(store, places, link);
    if (!linked) continue;
    names.host_lines += host_line(*linked);
    if (description.network == network::kDefaultNetwork) put_environment(*linked, description.name, names.environment);
  }
  for (const auto& place : places) {
    if (!place.network.names_containers() || !network::NameService::available()) continue;
    for (const auto& gateway : place.network.gateways()) names.servers.push_back(gateway.text());
  }
  return names;
}

void check_links(ContainerStore& store, const Record& record, const std::vector<network::Place>& places) {
  for (const auto& link : record.description.links) {
    const auto other = store.get(link.container);
    if (record.description.network != network::kDefaultNetwork) continue;  // there names come and go
    if (!other.running()) {
      throw Error::format(Code::kConflict, "Cannot link to a non running container: /{} AS /{}/{}", other.name(),
                          record.description.name, link.alias);
    }
    if (!find_linked(store, places, link)) {
      throw Error::format(Code::kConflict, "Cannot link to /{}, as it does not belong to the default network",
                          other.name());
    }
  }
}

}  // namespace davit::container
