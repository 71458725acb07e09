#include "network/pools.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::network {
namespace {

constexpr const char* kStore = "00000000000000000000000000000000";

Surroundings around(const std::vector<const char*>& networks = {}, const std::vector<Route>& routes = {}) {
  Surroundings surroundings = {.routes = routes, .store_id = kStore};
  for (const char* text : networks) surroundings.networks.push_back(*Subnet::parse(text));
  return surroundings;
}

std::string shown(const NetworkOptions& options, const Surroundings& surroundings = around()) {
  std::string text;
  try {
    for (const auto& pool : make_pools(options, surroundings)) {
      text += pool.subnet.text() + "," + (pool.gateway ? pool.gateway->text() : "none") + " ";
    }
  } catch (const base::Error& error) {
    return error.message();
  }
  return text;
}

TEST(PoolsTest, OfOurChoiceAreDockersAndBeginWhereTheStoreSays) {
  EXPECT_EQ(shown({}), "172.17.0.0/16,172.17.0.1 ");
  auto other = around();
  other.store_id = "00000200000000000000000000000000";
  EXPECT_EQ(shown({}, other), "172.19.0.0/16,172.19.0.1 ");
  EXPECT_EQ(shown({.ipv6 = true}), "172.17.0.0/16,172.17.0.1 fd00::/64,fd00::1 ");
  EXPECT_EQ(shown({.ipv4 = false, .ipv6 = true}), "fd00::/64,fd00::1 ");
}

TEST(PoolsTest, KeepClearOfNetworksAndRoutes) {
  EXPECT_EQ(shown({}, around({"172.17.0.0/16", "172.18.5.0/24"})), "172.19.0.0/16,172.19.0.1 ");
  EXPECT_EQ(shown({}, around({}, {{*Subnet::parse("172.16.0.0/12"), false}})), "192.168.0.0/20,192.168.0.1 ");
  EXPECT_EQ(
      shown({}, around({"172.16.0.0/12", "192.168.0.0/16"})),
      "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network");
}

TEST(PoolsTest, AskedForMayLieInARouteButTakeNone) {
  const std::vector<Route> routes = {{*Subnet::parse("10.0.0.0/8"), false}, {*Subnet::parse("10.5.0.0/16"), true}};
  EXPECT_EQ(shown({.subnets = {"10.1.0.0/24"}}, around({}, routes)), "10.1.0.0/24,10.1.0.1 ");
  EXPECT_EQ(shown({.subnets = {"10.0.0.0/8"}}, around({}, routes)),
            "subnet 10.0.0.0/8 overlaps with route 10.0.0.0/8 of this host");
  EXPECT_EQ(shown({.subnets = {"10.5.1.0/24"}}, around({}, routes)),
            "subnet 10.5.1.0/24 overlaps with route 10.5.0.0/16 of this host");
  EXPECT_EQ(shown({.driver = "macvlan", .subnets = {"10.5.0.0/16"}}, around({}, routes)), "10.5.0.0/16,10.5.0.1 ");
}

TEST(PoolsTest, RefusedInDockersWords) {
  EXPECT_EQ(shown({.subnets = {"bad"}}), "Invalid subnet bad : invalid CIDR address: bad");
  EXPECT_EQ(shown({.subnets = {"10.1.0.0/24"}}, around({"10.1.0.0/16"})),
            "Pool overlaps with other one on this address space");
  EXPECT_EQ(shown({.subnets = {"10.1.0.0/24"}, .ranges = {"10.2.0.0/25"}}), "no matching subnet for range 10.2.0.0/25");
  EXPECT_EQ(shown({.subnets = {"10.1.0.0/24"}, .ranges = {"10.1.0.0/25", "10.1.0.128/25"}}),
            "cannot configure multiple ranges (10.1.0.128/25, 10.1.0.0/25) on the same subnet (10.1.0.0/24)");
  EXPECT_EQ(shown({.subnets = {"10.1.0.0/24"}, .gateways = {"10.1.0.1", "10.1.0.2"}}),
            "cannot configure multiple gateways (10.1.0.2, 10.1.0.1) for the same subnet (10.1.0.0/24)");
  EXPECT_EQ(shown({.subnets = {"10.1.0.0/24", "10.2.0.0/24"}}), "bridge driver doesn't support multiple subnets");
  EXPECT_EQ(shown({.ipv4 = false}), "IPv4 or IPv6 must be enabled");
}

TEST(PoolsTest, AddressesAreGivenFromTheLowestOn) {
  Network network;
  network.pools = make_pools({.subnets = {"10.1.0.0/29"}, .reserved = {{"router", "10.1.0.3"}}}, around());
  std::set<Address> taken;
  std::string given;
  for (int i = 0; i < 4; ++i) {
    const auto address = free_address(network, network.pools[0], taken);
    given += address.text() + " ";
    taken.insert(address);
  }
  EXPECT_EQ(given, "10.1.0.2 10.1.0.4 10.1.0.5 10.1.0.6 ");
  EXPECT_THROW(free_address(network, network.pools[0], taken), base::Error);
  taken.erase(*Address::parse("10.1.0.4"));
  EXPECT_EQ(free_address(network, network.pools[0], taken).text(), "10.1.0.4");
  EXPECT_NO_THROW(check_address(network, *Address::parse("10.1.0.4"), taken));
  for (const char* bad : {"10.1.0.0", "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.7", "10.2.0.1", "fd00::1"})
    EXPECT_THROW(check_address(network, *Address::parse(bad), taken), base::Error) << bad;
}

TEST(PoolsTest, SmallestSubnets) {
  Network network;
  network.pools = make_pools({.subnets = {"10.1.0.0/31"}}, around());
  EXPECT_EQ(free_address(network, network.pools[0], {}).text(), "10.1.0.0");
  network.pools = make_pools({.subnets = {"10.1.0.5/32"}}, around());
  EXPECT_FALSE(network.pools[0].gateway);
  EXPECT_EQ(free_address(network, network.pools[0], {}).text(), "10.1.0.5");
}

}  // namespace
}  // namespace davit::network
