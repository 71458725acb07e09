#include "docker/network_inspect.h"

#include <boost/json.hpp>

#include "docker/go_types.h"
#include "docker/json_lists.h"

namespace davit::docker {

namespace json = boost::json;

namespace {

json::array pools_of(const network::Network& network) {
  json::array list;
  for (const auto& pool : network.pools) {
    json::object object = {{"Subnet", pool.subnet.text()}};
    if (pool.range) object["IPRange"] = pool.range->text();
    if (pool.gateway) object["Gateway"] = pool.gateway->text();
    if (!pool.reserved.empty()) object["AuxiliaryAddresses"] = map_of(pool.reserved);
    list.push_back(std::move(object));
  }
  return list;
}

std::string with_prefix(const network::Network& network, const std::optional<network::Address>& address) {
  if (!address) return "";
  const auto* pool = network.pool(address->family());
  return address->text() + "/" + std::to_string(pool == nullptr ? 0 : pool->subnet.prefix());
}

json::object containers_of(const network::Network& network, const std::vector<network::Endpoint>& endpoints) {
  json::object containers;
  for (const auto& endpoint : endpoints) {
    if (endpoint.network != network.id) continue;
    containers[endpoint.container] = json::object{{"Name", endpoint.container_name},
                                                  {"EndpointID", endpoint.id},
                                                  {"MacAddress", endpoint.mac.text()},
                                                  {"IPv4Address", with_prefix(network, endpoint.v4)},
                                                  {"IPv6Address", with_prefix(network, endpoint.v6)}};
  }
  return containers;
}

// Of the default bridge what its options would be: programs look for its name there.
network::Texts options_of(const network::Network& network) {
  if (!network.built_in || network.driver != network::Driver::kBridge) return network.options;
  return {{"com.docker.network.bridge.default_bridge", "true"},
          {"com.docker.network.bridge.enable_icc", "true"},
          {"com.docker.network.bridge.enable_ip_masquerade", "true"},
          {"com.docker.network.bridge.host_binding_ipv4", "0.0.0.0"},
          {"com.docker.network.bridge.name", network.bridge()},
          {"com.docker.network.driver.mtu", "1500"}};
}

}  // namespace

json::object network_inspect(const network::Network& network, const std::vector<network::Endpoint>& endpoints) {
  return {{"Name", network.name},
          {"Id", network.id},
          {"Created", network.created},
          {"Scope", "local"},
          {"Driver", network::name(network.driver)},
          {"EnableIPv6", network.ipv6},
          {"IPAM", json::object{{"Driver", "default"},
                                {"Options", network.built_in ? json::value(nullptr) : json::value(json::object())},
                                {"Config", pools_of(network)}}},
          {"Internal", network.internal},
          {"Attachable", network.attachable},
          {"Ingress", false},
          {"ConfigFrom", json::object{{"Network", ""}}},
          {"ConfigOnly", false},
          {"Containers", containers_of(network, endpoints)},
          {"Options", map_of(options_of(network))},
          {"Labels", map_of(network.labels)}};
}

const text::Type& network_inspect_type() {
  using namespace go_types;
  static const Type pool = structure(
      "network.IPAMConfig", {may_lack("Subnet", text_type()), may_lack("IPRange", text_type()),
                             may_lack("Gateway", text_type()), as("AuxAddress", "AuxiliaryAddresses", labels(), true)});
  static const Type pools = slice_of(pool);
  static const Type ipam =
      structure("network.IPAM", {field("Driver", text_type()), field("Options", labels()), field("Config", pools)});
  static const Type from = structure("network.ConfigReference", {field("Network", text_type())});
  static const Type resource =
      structure("network.EndpointResource",
                {field("Name", text_type()), field("EndpointID", text_type()), field("MacAddress", text_type()),
                 field("IPv4Address", text_type()), field("IPv6Address", text_type())});
  static const Type resources = {
      .kind = Kind::kMap, .name = "map[string]network.EndpointResource", .element = &resource};
  static const Type network = structure(
      "network.Inspect", {field("Name", text_type()), as("ID", "Id", text_type()), field("Created", text_type()),
                          field("Scope", text_type()), field("Driver", text_type()), field("EnableIPv6", flag()),
                          field("IPAM", ipam), field("Internal", flag()), field("Attachable", flag()),
                          field("Ingress", flag()), field("ConfigFrom", from), field("ConfigOnly", flag()),
                          field("Containers", resources), field("Options", labels()), field("Labels", labels())});
  return network;
}

}  // namespace davit::docker
