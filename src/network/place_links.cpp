#include "network/place_links.h"

#include "base/fs/file.h"
#include "base/strings.h"

namespace davit::network {

namespace {

// Whether rules see what goes from one port of a bridge to another (br_netfilter). Then isolation would be too much: it
// would keep containers from each other's published ports.
bool bridged_is_filtered() {
  const auto setting = base::fs::read_file_if_exists("/proc/sys/net/bridge/bridge-nf-call-iptables");
  return setting && base::trim(*setting) == "1";
}

}  // namespace

bool ensure_bridge(const Network& network) {
  Bridge bridge = {.name = network.bridge(), .mtu = network.mtu()};
  for (const auto& pool : network.pools) {
    if (pool.gateway) bridge.addresses.push_back({*pool.gateway, pool.subnet.prefix()});
  }
  return Links::here().ensure_bridge(bridge);
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
