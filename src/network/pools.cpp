#include "network/pools.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"

namespace davit::network {

using base::Code;
using base::Error;

namespace {

// Docker's defaults, so that firewalls that know them go on working.
constexpr int kBigPools = 15;    // 172.17.0.0/16 to 172.31.0.0/16
constexpr int kSmallPools = 16;  // 192.168.0.0/20 to 192.168.240.0/20
constexpr int kV6Pools = 1 << 16;

Subnet parse_subnet(const std::string& text) {
  const auto subnet = Subnet::parse(text);
  if (!subnet) {
    throw Error::format(Code::kInvalidArgument, "Invalid subnet {0} : invalid CIDR address: {0}",
                        base::printable(text));
  }
  return *subnet;
}

Pool* pool_of(std::vector<Pool>& pools, const Address& address) {
  for (auto& pool : pools) {
    if (pool.subnet.contains(address)) return &pool;
  }
  return nullptr;
}

void put_ranges(const NetworkOptions& options, std::vector<Pool>& pools) {
  for (const auto& text : options.ranges) {
    const auto range = Subnet::parse(text);
    if (!range) throw Error::format(Code::kInvalidArgument, "invalid CIDR address: {}", base::printable(text));
    auto* pool = pool_of(pools, range->base());
    if (pool == nullptr || !pool->subnet.contains(*range)) {
      throw Error::format(Code::kInvalidArgument, "no matching subnet for range {}", text);
    }
    if (pool->range) {
      throw Error::format(Code::kInvalidArgument, "cannot configure multiple ranges ({}, {}) on the same subnet ({})",
                          text, pool->range->text(), pool->subnet.text());
    }
    pool->range = *range;
  }
}

void put_gateways(const NetworkOptions& options, std::vector<Pool>& pools) {
  for (const auto& text : options.gateways) {
    const auto gateway = Address::parse(text);
    auto* pool = gateway ? pool_of(pools, *gateway) : nullptr;
    if (pool == nullptr) {
      throw Error::format(Code::kInvalidArgument, "no matching subnet for gateway {}", base::printable(text));
    }
    if (pool->gateway) {
      throw Error::format(Code::kInvalidArgument,
                          "cannot configure multiple gateways ({}, {}) for the same subnet ({})", text,
                          pool->gateway->text(), pool->subnet.text());
    }
    pool->gateway = *gateway;
  }
}

void put_reserved(const NetworkOptions& options, std::vector<Pool>& pools) {
  for (const auto& [name, text] : options.reserved) {
    const auto address = Address::parse(text);
    auto* pool = address ? pool_of(pools, *address) : nullptr;
    if (pool == nullptr) {
      throw Error::format(Code::kInvalidArgument, "no matching subnet for aux-address {}", base::printable(text));
    }
    pool->reserved[name] = text;
  }
}

std::vector<Pool> asked_pools(const NetworkOptions& options) {
  if (options.subnets.empty() && (!options.ranges.empty() || !options.gateways.empty())) {
    throw Error(Code::kInvalidArgument, "every ip-range or gateway must have a corresponding subnet");
  }
  std::vector<Pool> pools;
  for (const auto& text : options.subnets) {
    const auto subnet = parse_subnet(text);
    for (const auto& other : pools) {
      if (other.subnet.overlaps(subnet)) {
        throw Error(Code::kInvalidArgument, "multiple overlapping subnet configuration is not supported");
      }
    }
    pools.push_back({.subnet = subnet});
  }
  put_ranges(options, pools);
  put_gateways(options, pools);
  put_reserved(options, pools);
  return pools;
}

bool overlaps_any(const Subnet& subnet, const std::vector<Subnet>& others) {
  return std::any_of(others.begin(), others.end(), [&](const Subnet& other) { return other.overlaps(subnet); });
}

bool is_free(const Subnet& subnet, const Surroundings& surroundings) {
  const auto overlaps = [&](const Route& route) { return route.subnet.overlaps(subnet); };
  return !overlaps_any(subnet, surroundings.networks) &&
         std::none_of(surroundings.routes.begin(), surroundings.routes.end(), overlaps);
}

// A part of a route by a gateway may be taken: networks of companies are wide.
void check_routes(const Subnet& subnet, const std::vector<Route>& routes) {
  for (const auto& route : routes) {
    if (!subnet.contains(route.subnet) && !(route.connected && route.subnet.contains(subnet))) continue;
    throw Error::format(Code::kPermissionDenied, "subnet {} overlaps with route {} of this host", subnet.text(),
                        route.subnet.text());
  }
}

// A number from the store's ID: two stores begin at different places.
unsigned long long digits_of(const std::string& store_id, std::size_t at, std::size_t count) {
  unsigned long long number = 0;
  const auto part = std::string_view(store_id).substr(std::min(at, store_id.size()), count);
  std::from_chars(part.data(), part.data() + part.size(), number, 16);
  return number;
}

Subnet v4_candidate(int number) {
  if (number < kBigPools) return Subnet(*Address::parse(fmt::format("172.{}.0.0", 17 + number)), 16);
  return Subnet(*Address::parse(fmt::format("192.168.{}.0", 16 * (number - kBigPools))), 20);
}

Subnet choose_v4(const Surroundings& surroundings) {
  const auto first = static_cast<int>(digits_of(surroundings.store_id, 0, 6) % kBigPools);
  for (int i = 0; i < kBigPools + kSmallPools; ++i) {
    const auto subnet = v4_candidate(i < kBigPools ? (first + i) % kBigPools : i);
    if (is_free(subnet, surroundings)) return subnet;
  }
  throw Error(
      Code::kConflict,
      "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network");
}

// RFC 4193: a prefix of the store's own.
Subnet choose_v6(const Surroundings& surroundings) {
  const auto global = digits_of(surroundings.store_id, 6, 10);
  for (unsigned i = 0; i < kV6Pools; ++i) {
    const auto text =
        fmt::format("fd{:02x}:{:x}:{:x}:{:x}::", global >> 32 & 0xff, global >> 16 & 0xffff, global & 0xffff, i);
    const Subnet subnet(*Address::parse(text), 64);
    if (is_free(subnet, surroundings)) return subnet;
  }
  throw Error(
      Code::kConflict,
      "could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network");
}

bool has_family(const std::vector<Pool>& pools, Family family) {
  return std::any_of(pools.begin(), pools.end(), [&](const Pool& pool) { return pool.subnet.family() == family; });
}

// Addresses that no container gets: the subnet's own, its broadcast address, the gateway, the reserved ones.
bool is_kept(const Pool& pool, const Address& address) {
  const auto& subnet = pool.subnet;
  const bool small = subnet.prefix() >= bits_of(subnet.family()) - 1;  // RFC 3021: both addresses are hosts'
  if (!small && (address == subnet.base() || (!address.is_v6() && address == subnet.last()))) return true;
  if (pool.gateway == address) return true;
  return std::any_of(pool.reserved.begin(), pool.reserved.end(),
                     [&](const auto& entry) { return Address::parse(entry.second) == address; });
}

}  // namespace

void check_pools(const NetworkOptions& options) {
  const auto& subnets = options.subnets;
  if (std::all_of(subnets.begin(), subnets.end(), [](const auto& text) { return Subnet::parse(text).has_value(); }))
    asked_pools(options);
}

std::vector<Pool> make_pools(const NetworkOptions& options, const Surroundings& surroundings) {
  if (!options.ipv4 && !options.ipv6) throw Error(Code::kInvalidArgument, "IPv4 or IPv6 must be enabled");
  auto pools = asked_pools(options);
  // Of a macvlan's network the host's link may be a part.
  const bool routed = find_driver(options.driver) == Driver::kBridge;
  for (const auto family : {Family::kV4, Family::kV6}) {
    if (std::count_if(pools.begin(), pools.end(), [&](const Pool& pool) { return pool.subnet.family() == family; }) > 1)
      throw Error(Code::kInvalidArgument, "bridge driver doesn't support multiple subnets");
  }
  for (const auto& pool : pools) {
    if (overlaps_any(pool.subnet, surroundings.networks)) {
      throw Error(Code::kPermissionDenied, "Pool overlaps with other one on this address space");
    }
    if (routed) check_routes(pool.subnet, surroundings.routes);
  }
  if (options.ipv4 && !has_family(pools, Family::kV4)) pools.insert(pools.begin(), {.subnet = choose_v4(surroundings)});
  if (options.ipv6 && !has_family(pools, Family::kV6)) pools.push_back({.subnet = choose_v6(surroundings)});
  for (auto& pool : pools) {
    const bool alone = pool.subnet.prefix() == bits_of(pool.subnet.family());
    if (!pool.gateway && !alone) pool.gateway = pool.subnet.base().plus(1);
  }
  return pools;
}

Address free_address(const Network& network, const Pool& pool, const std::set<Address>& taken) {
  const auto range = pool.range.value_or(pool.subnet);
  const auto last = range.last();
  for (auto address = range.base(); range.contains(address); address = address.plus(1)) {
    if (!is_kept(pool, address) && !taken.contains(address)) return address;
    if (address == last) break;
  }
  throw Error::format(Code::kConflict, "no available {} addresses on this network's address pools: {} ({})",
                      pool.subnet.family() == Family::kV4 ? "IPv4" : "IPv6", network.name, network.id);
}

void check_address(const Network& network, const Address& address, const std::set<Address>& taken) {
  const auto* pool = network.pool(address.family());
  if (pool == nullptr) {
    throw Error(Code::kInvalidArgument,
                "user specified IP address is supported only when connecting to networks with user configured subnets");
  }
  if (!pool->subnet.contains(address)) {
    throw Error::format(Code::kInvalidArgument,
                        "Invalid address {}: It does not belong to any of this network's subnets", address.text());
  }
  if (is_kept(*pool, address) || taken.contains(address)) throw Error(Code::kConflict, "Address already in use");
}

}  // namespace davit::network
