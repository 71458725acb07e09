#include "network/place_links.h"

#include <algorithm>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::network {

namespace {

// Whether rules see what goes from one port of a bridge to another (br_netfilter). Then isolation would be too much: it
// would keep containers from each other's published ports.
bool bridged_is_filtered() {
  const auto setting = base::fs::read_file_if_exists("/proc/sys/net/bridge/bridge-nf-call-iptables");
  return setting && base::trim(*setting) == "1";
}

// Without an address of ours it has none: not one of its own making, nor one from another container's advertisement.
void turn_ipv6_off(const std::string& interface, const Namespace& name_space) {
  const auto setting = "/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6";
  name_space.run([&] {
    if (base::fs::exists(setting)) base::fs::write_control_file(setting, "1");
  });
}

std::vector<LinkAddress> bridge_addresses(const Network& network) {
  std::vector<LinkAddress> addresses;
  for (const auto& pool : network.pools) {
    if (pool.gateway) addresses.push_back({*pool.gateway, pool.subnet.prefix()});
  }
  return addresses;
}

}  // namespace

bool ensure_bridge(const Network& network) {
  return Links::here().ensure_bridge({.name = network.bridge(),
                                      .mtu = network.mtu(),
                                      .addresses = bridge_addresses(network),
                                      .ipv6 = network.pool(Family::kV6) != nullptr});
}

void remove_bridge(const Network& network) {
  const auto host = Links::here();
  if (!network.foreign_bridge) return host.remove(network.bridge());
  if (!host.find(network.bridge())) return;
  const auto& before = network.foreign_addresses;
  for (const auto& address : bridge_addresses(network)) {
    if (std::find(before.begin(), before.end(), address.text()) == before.end())
      host.remove_address(network.bridge(), address);
  }
}

void repair_bridge(const Network& network, const EndpointTable& table) {
  if (!ensure_bridge(network)) return;
  const auto host = Links::here();
  for (const auto& endpoint : table.endpoints) {
    if (endpoint.network != network.id || !host.find(endpoint.host_link)) continue;
    host.add_port(endpoint.host_link, network.bridge());
    if (!network.talkative() && !bridged_is_filtered()) Links::isolate(endpoint.host_link);
  }
}

void make_links(const Place& place, const Namespace& name_space) {
  const auto& [network, endpoint] = place;
  const auto host = Links::here();
  if (network.is_sublink()) {
    host.add_sublink({.kind = name(network.driver),
                      .parent = network.parent(),
                      .name = endpoint.interface,
                      .mode = network.mode(),
                      .mac = endpoint.mac,
                      .mtu = network.mtu()},
                     name_space);
  } else {
    host.add_veth({.host_name = endpoint.host_link,
                   .container_name = endpoint.interface,
                   .mac = endpoint.mac,
                   .mtu = network.mtu()},
                  network.bridge(), name_space);
    if (!network.talkative() && !bridged_is_filtered()) Links::isolate(endpoint.host_link);
  }
  if (!endpoint.v6) turn_ipv6_off(endpoint.interface, name_space);
  const auto inside = Links::in(name_space);
  inside.set_up(endpoint.interface);
  for (const auto& address : {endpoint.v4, endpoint.v6}) {
    if (address) inside.add_address(endpoint.interface, {*address, network.pool(address->family())->subnet.prefix()});
  }
  put_default_routes(place, inside);
}

void remove_links(const Endpoint& endpoint, const Namespace& name_space) {
  if (endpoint.host_link.empty()) {
    Links::in(name_space).remove(endpoint.interface);
  } else {
    Links::here().remove(endpoint.host_link);
  }
}

void put_default_routes(const Place& place, const Links& inside) {
  const auto& [network, endpoint] = place;
  if (network.internal) return;
  for (const auto& address : {endpoint.v4, endpoint.v6}) {
    const auto* pool = address ? network.pool(address->family()) : nullptr;
    if (pool != nullptr && pool->gateway) inside.add_default_route(endpoint.interface, *pool->gateway);
  }
}

}  // namespace davit::network
