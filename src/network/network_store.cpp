#include "network/network_store.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/json_members.h"
#include "base/log.h"
#include "base/strings.h"
#include "network/check_options.h"
#include "network/pools.h"

namespace davit::network {

namespace fs = base::fs;
namespace json = boost::json;
using base::Code;
using base::Error;

namespace {

constexpr int kFormat = 1;
constexpr std::size_t kIdBytes = 32;
constexpr std::string_view kSuffix = ".json";

constexpr std::array kDrivers = {
    base::NameRow<Driver>{Driver::kBridge, "bridge"}, base::NameRow<Driver>{Driver::kMacvlan, "macvlan"},
    base::NameRow<Driver>{Driver::kIpvlan, "ipvlan"}, base::NameRow<Driver>{Driver::kHost, "host"},
    base::NameRow<Driver>{Driver::kNull, "null"}};

struct NetworkMembers {
  template <typename Visit>
  static void members(Visit& visit, Pool& pool) {
    visit("subnet", pool.subnet);
    visit("gateway", pool.gateway);
    visit("range", pool.range);
    visit("reserved", pool.reserved);
  }
  template <typename Visit>
  static void members(Visit& visit, Network& network) {
    visit("id", network.id);
    visit("name", network.name);
    visit("created", network.created);
    visit("driver", network.driver);
    visit("pools", network.pools);
    visit("internal", network.internal);
    visit("ipv6", network.ipv6);
    visit("attachable", network.attachable);
    visit("built_in", network.built_in);
    visit("foreign_bridge", network.foreign_bridge);
    visit("foreign_addresses", network.foreign_addresses);
    visit("options", network.options);
    visit("labels", network.labels);
  }
  static const auto& names_of(Driver) { return kDrivers; }
};

[[noreturn]] void unknown(const std::string& text) {
  throw Error::format(Code::kNotFound, "network {} not found", base::printable(text));
}

}  // namespace

std::optional<Driver> find_driver(const std::string& text) {
  for (const auto& row : kDrivers) {
    if (row.name == text) return row.value;
  }
  return {};
}

const char* name(Driver driver) {
  for (const auto& row : kDrivers) {
    if (row.value == driver) return row.name.data();
  }
  return "";
}

std::string Network::option(const std::string& key, const std::string& fallback) const {
  const auto found = options.find(key);
  return found == options.end() ? fallback : found->second;
}

std::string Network::bridge() const { return option(kBridgeName, "dv-" + id.substr(0, 12)); }

std::string Network::mode() const {
  return driver == Driver::kIpvlan ? option("ipvlan_mode", "l2") : option("macvlan_mode", "bridge");
}

int Network::mtu() const { return std::stoi(option(kMtu, "0")); }

bool Network::masquerades() const { return base::parse_bool(option(kMasquerade, "true")).value_or(true); }

bool Network::talkative() const { return base::parse_bool(option(kTalkative, "true")).value_or(true); }

std::string Network::binding_address() const {
  const auto text = option(kBindingAddress, "");
  return text == "0.0.0.0" ? "" : text;
}

const Pool* Network::pool(Family family) const {
  for (const auto& pool : pools) {
    if (pool.subnet.family() == family) return &pool;
  }
  return nullptr;
}

std::vector<Address> Network::gateways() const {
  std::vector<Address> found;
  for (const auto& pool : pools) {
    if (pool.gateway) found.push_back(*pool.gateway);
  }
  return found;
}

bool Network::names_containers() const { return driver == Driver::kBridge && name != kDefaultNetwork; }

NetworkStore::NetworkStore(const std::filesystem::path& root, std::string store_id)
    : folder_(root / "networks"), store_id_(std::move(store_id)) {}

base::FileLock NetworkStore::lock() const {
  fs::make_directories(folder_);
  return base::FileLock::acquire(folder_ / "lock");
}

std::filesystem::path NetworkStore::file_of(const std::string& id) const {
  return folder_ / (id + std::string(kSuffix));
}

Network NetworkStore::read(const std::filesystem::path& path) const {
  try {
    const auto value = json::parse(fs::read_file(path));
    const auto& object = value.as_object();
    if (object.at("format").to_number<int>() > kFormat) {
      throw Error::format(Code::kNotSupported, "{} was written by a newer davit", path.string());
    }
    return base::members_from_json<NetworkMembers, Network>(object);
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), error.message());
  } catch (const std::exception& error) {
    throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), error.what());
  }
}

void NetworkStore::write(const Network& network) const {
  auto object = base::members_to_json<NetworkMembers>(network);
  object["format"] = kFormat;
  fs::write_file_durably(file_of(network.id), json::serialize(object));
}

// One ID for each, so that two davits that begin at once make the same.
void NetworkStore::make_built_in() const {
  fs::make_directories(folder_);
  if (fs::exists(folder_ / "built-in")) return;
  const auto held = lock();
  if (fs::exists(folder_ / "built-in")) return;
  const auto now = base::to_rfc3339(base::now());
  for (const auto& [text, driver] : {std::pair("host", Driver::kHost), {"none", Driver::kNull}}) {
    write({.id = base::random_hex(kIdBytes), .name = text, .created = now, .driver = driver, .built_in = true});
  }
  fs::write_file_durably(folder_ / "built-in", "");
}

std::vector<Network> NetworkStore::list() const {
  make_built_in();
  std::vector<Network> networks;
  for (const auto& name : fs::list(folder_)) {
    if (!name.ends_with(kSuffix)) continue;
    try {
      networks.push_back(read(folder_ / name));
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) base::log::warn("{}", error.message());  // else it was just removed
    }
  }
  std::sort(networks.begin(), networks.end(), [](const Network& a, const Network& b) { return a.name < b.name; });
  return networks;
}

std::optional<Network> NetworkStore::find(const std::string& text) const {
  if (text.empty()) return {};
  std::vector<Network> by_prefix;
  auto networks = list();
  for (auto& network : networks) {
    if (network.id == text) return std::move(network);
  }
  for (auto& network : networks) {
    if (network.name == text) return std::move(network);
    if (network.id.starts_with(text)) by_prefix.push_back(network);
  }
  if (by_prefix.size() > 1) {
    throw Error::format(Code::kInvalidArgument, "network {} is ambiguous ({} matches found based on ID prefix)", text,
                        by_prefix.size());
  }
  if (by_prefix.empty()) return {};
  return std::move(by_prefix.front());
}

Network NetworkStore::get(const std::string& text) const {
  auto found = find(text);
  if (!found) unknown(text);
  return std::move(*found);
}

Network NetworkStore::create(const NetworkOptions& options, const std::vector<Route>& routes) const {
  const auto others = list();
  for (const char* predefined : {"bridge", "host", "none"}) {
    if (options.name == predefined && !options.predefined) {
      throw Error::format(Code::kPermissionDenied, "operation is not permitted on predefined {} network", predefined);
    }
  }
  for (const auto& other : others) {
    if (other.name == options.name) {
      throw Error::format(Code::kConflict, "network with name {} already exists", options.name);
    }
  }
  Network network = {.id = base::random_hex(kIdBytes),
                     .name = options.name,
                     .created = base::to_rfc3339(base::now()),
                     .driver = driver_of(options.driver),
                     .internal = options.internal,
                     .ipv6 = options.ipv6,
                     .attachable = options.attachable,
                     .built_in = options.predefined,
                     .foreign_bridge = options.foreign_bridge,
                     .foreign_addresses = options.foreign_addresses,
                     .options = options.options,
                     .labels = options.labels};
  check_options(network, others);
  std::vector<Subnet> used;
  for (const auto& other : others) {
    for (const auto& pool : other.pools) used.push_back(pool.subnet);
  }
  network.pools = make_pools(options, {.networks = used, .routes = routes, .store_id = store_id_});
  check_mtu(network);
  write(network);
  return network;
}

void NetworkStore::remove(const Network& network) const {
  if (fs::remove(file_of(network.id))) fs::sync_directory(folder_);
}

}  // namespace davit::network
