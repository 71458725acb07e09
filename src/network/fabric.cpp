#include "network/fabric.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "network/allotment.h"
#include "network/conntrack.h"
#include "network/host_changes.h"
#include "network/place_links.h"

namespace davit::network {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

constexpr std::size_t kShortId = 12;

using Networks = std::map<std::string, Network>;  // by ID

std::vector<Route> host_routes() {
  const auto links = Links::here();
  auto routes = links.routes(Family::kV4);
  const auto more = links.routes(Family::kV6);
  routes.insert(routes.end(), more.begin(), more.end());
  return routes;
}

// Whether a container has no way out of the host: not by names that it asks for either.
bool is_shut_in(const std::string& container, const Networks& networks, const EndpointTable& table) {
  return std::all_of(table.endpoints.begin(), table.endpoints.end(), [&](const Endpoint& endpoint) {
    if (endpoint.container != container) return true;
    const auto found = networks.find(endpoint.network);
    return found != networks.end() && found->second.internal;
  });
}

// Containers find each other by name on each bridge but the default one, as docker has it. What those that are shut in
// ask for besides goes to `nowhere`.
std::vector<Zone> zones_of(const Networks& networks, const EndpointTable& table, const Address& nowhere) {
  std::map<std::string, Zone> zones;
  for (const auto& endpoint : table.endpoints) {
    const auto found = networks.find(endpoint.network);
    if (found == networks.end() || !found->second.names_containers() || found->second.gateways().empty()) continue;
    auto& zone = zones[endpoint.network];
    zone.network = endpoint.network;
    zone.gateways = found->second.gateways();
    NamedPlace place = {endpoint.container, endpoint.v4, endpoint.v6, {endpoint.container_name}, endpoint.servers};
    if (is_shut_in(endpoint.container, networks, table)) place.servers = {nowhere.text()};
    place.names.insert(place.names.end(), endpoint.aliases.begin(), endpoint.aliases.end());
    place.names.push_back(endpoint.container.substr(0, kShortId));
    zone.places.push_back(std::move(place));
  }
  std::vector<Zone> list;
  for (auto& [id, zone] : zones) list.push_back(std::move(zone));
  return list;
}

// A loopback address of the store's own.
Address address_of_nowhere(const std::string& store_id) {
  const auto number = std::strtoul(store_id.substr(0, 4).c_str(), nullptr, 16);
  return Address(Family::kV4, {127, 83}).plus(number % 0xfffd + 1);
}

// The zone of a server that is asked for names which there are none of. It must know somebody.
std::vector<Zone> nowhere_zones(const std::vector<Zone>& zones, const Address& nowhere) {
  const auto asks = [&](const NamedPlace& place) { return place.servers == std::vector{nowhere.text()}; };
  const bool needed = std::any_of(zones.begin(), zones.end(), [&](const Zone& zone) {
    return std::any_of(zone.places.begin(), zone.places.end(), asks);
  });
  if (!needed) return {};
  return {{.network = "nowhere", .gateways = {nowhere}, .places = {{"nobody", nowhere, {}, {"nobody"}, {}}}}};
}

BridgeRules rules_of(const Network& network) {
  BridgeRules rules = {.bridge = network.bridge(),
                       .internal = network.internal,
                       .masquerade = network.masquerades(),
                       .talkative = network.talkative(),
                       .names = network.names_containers()};
  for (const auto& pool : network.pools) rules.subnets.push_back(pool.subnet);
  return rules;
}

std::vector<std::string> bridges_of(const Networks& networks) {
  std::vector<std::string> bridges;
  for (const auto& [id, network] : networks) {
    if (network.driver == Driver::kBridge) bridges.push_back(network.bridge());
  }
  return bridges;
}

// Ports that are published from now on: who spoke to the host there before speaks to the container.
void add_published(const Endpoint& endpoint, StaleFlows& stale) {
  for (const auto& port : endpoint.ports) {
    if (port.protocol == Protocol::kUdp) stale.host_ports.push_back(port.host_port);
  }
}

void add_left(const Endpoint& endpoint, StaleFlows& stale) {
  const bool spoke = std::any_of(endpoint.ports.begin(), endpoint.ports.end(),
                                 [](const PortBinding& port) { return port.protocol == Protocol::kUdp; });
  for (const auto& address : {endpoint.v4, endpoint.v6}) {
    if (spoke && address) stale.addresses.push_back(*address);
  }
}

// With its namespace a container's links end, unless somebody else is in it: they would keep the address.
void cut_off(const Endpoint& endpoint) {
  if (const auto pid = Namespace::member(endpoint.name_space)) remove_links(endpoint, Namespace::of(*pid));
}

}  // namespace

struct Fabric::Held {
  base::FileLock lock;
  EndpointTable table;
};

Fabric::Fabric(const Options& options)
    : run_(options.run),
      table_name_("davit-" + options.store_id.substr(0, 12)),
      networks_(options.root, options.store_id),
      names_(options.run / "network/names", NameService::Reach::kWorld, options.adopt),
      nowhere_(address_of_nowhere(options.store_id)),
      no_names_(options.run / "network/no-names", NameService::Reach::kZones, options.adopt) {}

// Nothing where no container was ever connected since the last boot, unless `always`.
std::optional<Fabric::Held> Fabric::hold(bool always) const {
  if (!always && !fs::exists(table_file())) return {};
  fs::make_directories(table_file().parent_path());
  auto lock = base::FileLock::acquire(table_file().parent_path() / "lock");
  for (const auto& name : fs::list(table_file().parent_path())) {
    if (name.starts_with('.')) fs::remove(table_file().parent_path() / name);  // of a davit that was killed
  }
  return Held{std::move(lock), EndpointTable::read(table_file())};
}

// Its subnet is chosen when it is first needed.
Network Fabric::default_network() const {
  if (auto found = networks_.find(kDefaultNetwork)) return *found;
  const auto held = networks_.lock();
  if (auto found = networks_.find(kDefaultNetwork)) return *found;
  return networks_.create({.name = kDefaultNetwork, .predefined = true}, host_routes());
}

Network Fabric::get(const std::string& text) const {
  if (text == kDefaultNetwork) return default_network();
  return networks_.get(text);
}

std::vector<Network> Fabric::list() const {
  default_network();
  return networks_.list();
}

Network Fabric::create(const NetworkOptions& options) const {
  default_network();
  const auto held = networks_.lock();
  auto wanted = options;
  const auto bridge = options.options.find(kBridgeName);
  if (bridge != options.options.end() && Links::here().find(bridge->second)) {
    wanted.foreign_bridge = true;
    for (const auto& address : Links::here().addresses(bridge->second))
      wanted.foreign_addresses.push_back(address.text());
  }
  auto network = networks_.create(wanted, host_routes());
  if (network.names_containers() && !NameService::available())
    base::log::warn("aardvark-dns is not installed: containers of {} will not find each other by name", network.name);
  try {
    if (network.driver == Driver::kBridge) ensure_bridge(network);
  } catch (const Error&) {
    remove_bridge(network);
    networks_.remove(network);
    throw;
  }
  return network;
}

void Fabric::remove(const std::string& text) const {
  const auto network = get(text);
  if (network.built_in) {
    throw Error::format(Code::kPermissionDenied, "{} is a pre-defined network and cannot be removed", network.name);
  }
  const auto held = networks_.lock();
  const auto table = hold(true);
  if (!table->table.addresses_in(network.id).empty()) {
    throw Error::format(Code::kPermissionDenied, "error while removing network: network {} id {} has active endpoints",
                        network.name, network.id);
  }
  // The bridge goes first: one that is missing is made again, one without its network would stay.
  if (network.driver == Driver::kBridge) remove_bridge(network);
  networks_.remove(network);
}

// Under the table's lock, which a network's removal takes too.
void Fabric::check_is_there(const Network& network) const { networks_.get(network.id); }

// Before the table is locked: the networks have a lock of their own, which is taken first.
std::vector<Network> Fabric::networks_of(const Wishes& wishes) const {
  std::vector<Network> networks;
  for (const auto& wish : wishes.networks) networks.push_back(get(wish.network));
  return networks;
}

Connection Fabric::prepare(const Wishes& wishes) const {
  const auto networks = networks_of(wishes);
  Connection connection = {.name_space = Namespace::create()};
  auto held = hold(true);
  std::vector<Endpoint> endpoints;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    check_is_there(networks[i]);
    endpoints.push_back(allot(networks[i], wishes.networks[i], wishes, held->table, endpoints));
    endpoints.back().name_space = connection.name_space.inode();
  }
  const auto publishing = static_cast<std::size_t>(
      std::find_if(networks.begin(), networks.end(), [](const auto& network) { return network.publishes(); }) -
      networks.begin());
  try {
    for (auto wish : wishes.ports) {
      if (publishing == endpoints.size()) break;
      if (wish.host.empty()) wish.host = networks[publishing].binding_address();
      reserve(wish, held->table, endpoints[publishing], connection.reservations);
    }
  } catch (Error& error) {
    const auto& endpoint = endpoints[publishing];
    const bool foreign = error.message().starts_with("listen ");
    throw Error::format(error.code(), "driver failed programming external connectivity on endpoint {} ({}): {}{}",
                        endpoint.container_name, endpoint.id, foreign ? "Error starting userland proxy: " : "",
                        error.message());
  }
  held->table.endpoints.insert(held->table.endpoints.end(), endpoints.begin(), endpoints.end());
  held->table.write(table_file());
  for (std::size_t i = 0; i < networks.size(); ++i) connection.places.push_back({networks[i], endpoints[i]});
  return connection;
}

void Fabric::build(const Connection& connection) const {
  Links::in(connection.name_space).set_up("lo");
  StaleFlows stale;
  for (const auto& [network, endpoint] : connection.places) {
    add_published(endpoint, stale);
    if (network.driver != Driver::kBridge) continue;
    if (Links::here().find(network.bridge())) {
      ensure_bridge(network);
    } else {
      repair_bridge(network, hold(true)->table);
    }
  }
  for (const auto& place : connection.places) make_links(place, connection.name_space);
  auto held = hold(true);
  const auto before = held->table;
  apply(held->table);
  forget(stale);
  if (!(held->table == before)) held->table.write(table_file());
}

// Rules and names are functions of who is connected. With nobody there are none.
void Fabric::apply(EndpointTable& table) const {
  Networks networks;
  for (auto& network : networks_.list()) {
    auto id = network.id;
    networks.emplace(std::move(id), std::move(network));
  }
  apply_rules(networks, table);
  const auto zones = zones_of(networks, table, nowhere_);
  no_names_.apply(nowhere_zones(zones, nowhere_));
  names_.apply(zones);
  table.unfinished = false;
}

void Fabric::apply_rules(const Networks& networks, EndpointTable& table) const {
  Ruleset rules = {.table = table_name_};
  std::map<std::string, BridgeRules> bridges;
  std::map<std::string, PublishedPort> ports;
  for (const auto& endpoint : table.endpoints) {
    const auto found = networks.find(endpoint.network);
    if (found == networks.end() || found->second.driver != Driver::kBridge) continue;
    const auto& network = found->second;
    bridges.try_emplace(network.id, rules_of(network));
    if (network.internal) continue;
    for (const auto& binding : endpoint.ports) {
      const auto& target = binding.host.is_v6() ? endpoint.v6 : endpoint.v4;
      if (!target) continue;
      PublishedPort port = {binding.protocol, binding.host, binding.host_port, {{*target, binding.container_port}}};
      ports.try_emplace(fmt::format("{} {} {}", name(port.protocol), port.host.text(), port.port), std::move(port));
    }
  }
  for (auto& [id, bridge] : bridges) rules.bridges.push_back(std::move(bridge));
  for (auto& [key, port] : ports) rules.ports.push_back(std::move(port));
  if (!rules.bridges.empty()) {
    network::apply(std::move(rules), bridges_of(networks), table.changes, [&] { table.write(table_file()); });
  } else if (!(table.changes == HostChanges())) {
    withdraw(table_name_, bridges_of(networks), table.changes);
  }
}

void Fabric::release(const std::string& container) const {
  auto held = hold(false);
  if (!held) return;
  const auto left = held->table.of_container(container);
  if (left.empty() && !held->table.unfinished) return;
  std::erase_if(held->table.endpoints, [&](const Endpoint& one) { return one.container == container; });
  held->table.unfinished = true;
  held->table.write(table_file());
  StaleFlows stale;
  for (const auto& endpoint : left) {
    cut_off(endpoint);
    add_left(endpoint, stale);
  }
  apply(held->table);
  forget(stale);
  held->table.write(table_file());
}

std::vector<Endpoint> Fabric::endpoints() const {
  const auto held = hold(false);
  return held ? held->table.endpoints : std::vector<Endpoint>();
}

std::vector<Place> Fabric::places_of(const std::string& container) const {
  std::vector<Place> places;
  for (auto& endpoint : endpoints()) {
    if (endpoint.container != container) continue;
    if (auto network = networks_.find(endpoint.network)) places.push_back({std::move(*network), std::move(endpoint)});
  }
  return places;
}

void Fabric::connect(const Wishes& wishes, int pid) const {
  const auto network = get(wishes.networks.front().network);
  const auto name_space = Namespace::of(pid);
  auto held = hold(true);
  check_is_there(network);
  const auto own = held->table.of_container(wishes.container);
  auto endpoint = allot(network, wishes.networks.front(), wishes, held->table, own);
  endpoint.name_space = name_space.inode();
  held->table.endpoints.push_back(endpoint);
  held->table.write(table_file());
  try {
    if (network.driver == Driver::kBridge) repair_bridge(network, held->table);
    make_links({network, endpoint}, name_space);
    apply(held->table);
  } catch (const Error&) {
    remove_links(endpoint, name_space);
    held->table.endpoints.pop_back();
    held->table.write(table_file());
    throw;
  }
  held->table.write(table_file());
}

// Ports that a network published which the container has left: the next one that can publishes them.
void Fabric::give_ports(const std::vector<PortBinding>& ports, const std::string& container,
                        EndpointTable& table) const {
  for (auto& endpoint : table.endpoints) {
    if (endpoint.container != container) continue;
    const auto network = networks_.find(endpoint.network);
    if (!network || !network->publishes()) continue;
    endpoint.ports.insert(endpoint.ports.end(), ports.begin(), ports.end());
    return;
  }
}

void Fabric::disconnect(const std::string& network, const std::string& container, int pid) const {
  const auto left = get(network);
  const auto name_space = Namespace::of(pid);
  auto held = hold(true);
  const auto* endpoint = held->table.find(left.id, container);
  if (endpoint == nullptr) {
    throw Error::format(Code::kPermissionDenied, "container {} is not connected to network {}", container, left.name);
  }
  remove_links(*endpoint, name_space);
  const auto ports = endpoint->ports;
  StaleFlows stale;
  add_left(*endpoint, stale);
  std::erase_if(held->table.endpoints,
                [&](const Endpoint& one) { return one.network == left.id && one.container == container; });
  give_ports(ports, container, held->table);
  held->table.write(table_file());
  const auto inside = Links::in(name_space);
  for (const auto& other : held->table.of_container(container)) {
    if (const auto remaining = networks_.find(other.network)) put_default_routes({*remaining, other}, inside);
  }
  apply(held->table);
  forget(stale);
  held->table.write(table_file());
}

void Fabric::rename(const std::string& container, const std::string& name) const {
  auto held = hold(false);
  if (!held) return;
  for (auto& endpoint : held->table.endpoints) {
    if (endpoint.container == container) endpoint.container_name = name;
  }
  apply(held->table);
  held->table.write(table_file());
}

void Fabric::reload() const {
  auto held = hold(false);
  if (!held) return;
  for (const auto& endpoint : held->table.endpoints) {
    const auto network = networks_.find(endpoint.network);
    if (network && network->driver == Driver::kBridge) repair_bridge(*network, held->table);
  }
  held->table.changes.table_handle.clear();
  apply(held->table);
  held->table.write(table_file());
}

}  // namespace davit::network
