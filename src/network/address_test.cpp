#include "network/address.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::network {
namespace {

std::string shown(const char* text) {
  const auto address = Address::parse(text);
  return address ? address->text() : "none";
}

TEST(AddressTest, TextsThatAreAddressesAndTextsThatAreNone) {
  EXPECT_EQ(shown("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(shown("FD00:0:0::1"), "fd00::1");
  for (const char* bad :
       {"", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1:80", "fe80::1%eth0", "::g", "a", " 1.1.1.1"})
    EXPECT_EQ(shown(bad), "none") << bad;
}

TEST(AddressTest, WithPort) {
  EXPECT_EQ(Address::parse("10.0.0.1")->with_port(80), "10.0.0.1:80");
  EXPECT_EQ(Address::parse("fd00::1")->with_port(80), "[fd00::1]:80");
}

TEST(AddressTest, CountsOverBytes) {
  EXPECT_EQ(Address::parse("10.0.0.255")->plus(1).text(), "10.0.1.0");
  EXPECT_EQ(Address::parse("fd00::ffff:ffff")->plus(2).text(), "fd00::1:0:1");
  EXPECT_EQ(Address::parse("255.255.255.255")->plus(1).text(), "0.0.0.0");
}

TEST(SubnetTest, TextsThatAreSubnetsAndTextsThatAreNone) {
  EXPECT_EQ(Subnet::parse("10.1.2.3/24")->text(), "10.1.2.0/24");
  EXPECT_EQ(Subnet::parse("10.1.2.3/0")->text(), "0.0.0.0/0");
  EXPECT_EQ(Subnet::parse("fd00::5/64")->text(), "fd00::/64");
  for (const char* bad : {"", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/a", "10.0.0.0/", "fd00::/129", "/8"})
    EXPECT_FALSE(Subnet::parse(bad)) << bad;
}

TEST(SubnetTest, ContainsAndOverlaps) {
  const auto wide = *Subnet::parse("10.0.0.0/8"), narrow = *Subnet::parse("10.1.0.0/16"),
             other = *Subnet::parse("11.0.0.0/8");
  EXPECT_TRUE(wide.contains(narrow) && !narrow.contains(wide) && wide.overlaps(narrow) && narrow.overlaps(wide));
  EXPECT_FALSE(wide.overlaps(other) || wide.overlaps(*Subnet::parse("::/0")));
  EXPECT_EQ(narrow.last().text(), "10.1.255.255");
}

TEST(MacAddressTest, TextsAndDockersOwn) {
  EXPECT_EQ(MacAddress::parse("02:42:AC:11:00:02")->text(), "02:42:ac:11:00:02");
  for (const char* bad : {"", "02:42", "02:42:ac:11:00:0g", "02-42-ac-11-00-02-", "02:42:ac:11:00:02:03"})
    EXPECT_FALSE(MacAddress::parse(bad)) << bad;
  EXPECT_EQ(MacAddress::of(*Address::parse("172.17.0.2")).text(), "02:42:ac:11:00:02");
  EXPECT_EQ(MacAddress::random().bytes()[0] & 3, 2);
}

RC_GTEST_PROP(AddressProperty, TextIsReadBack, ()) {
  std::array<std::uint8_t, 16> bytes = {};
  const bool v6 = *rc::gen::arbitrary<bool>();
  for (std::size_t i = 0; i < (v6 ? 16U : 4U); ++i) bytes[i] = *rc::gen::arbitrary<std::uint8_t>();
  const Address address(v6 ? Family::kV6 : Family::kV4, bytes);
  RC_ASSERT(Address::parse(address.text()) == address);
  const Subnet subnet(address, *rc::gen::inRange(0, bits_of(address.family()) + 1));
  RC_ASSERT(Subnet::parse(subnet.text()) == subnet);
  RC_ASSERT(subnet.contains(address) && subnet.contains(subnet.last()));
}

}  // namespace
}  // namespace davit::network
