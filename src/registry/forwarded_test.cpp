#include "registry/forwarded.h"

#include <gtest/gtest.h>

namespace davit::registry {
namespace {

http::ServerRequest request_from(const std::string& peer, const std::string& name = {}, const std::string& value = {}) {
  http::ServerRequest request;
  request.peer.text = peer;
  if (!name.empty()) request.add_header(name, value);
  return request;
}

Settings trusting(std::vector<std::string> proxies) {
  Settings settings;
  settings.trusted_proxies = std::move(proxies);
  return settings;
}

TEST(ClientAddress, IsThePeersUnlessAProxyIsTrusted) {
  const auto told = request_from("192.0.2.9", "X-Forwarded-For", "198.51.100.1");
  EXPECT_EQ(client_address({}, told), "192.0.2.9");
  EXPECT_EQ(client_address(trusting({"10.0.0.0/8"}), told), "192.0.2.9");
  EXPECT_EQ(client_address(trusting({"192.0.2.0/24"}), told), "198.51.100.1");
  EXPECT_EQ(client_address(trusting({"192.0.2.0/24"}), request_from("192.0.2.9")), "192.0.2.9");
  EXPECT_EQ(client_address({}, request_from("unix")), "unix");
  EXPECT_EQ(client_address(trusting({"unix"}), request_from("unix", "X-Forwarded-For", "198.51.100.1")),
            "198.51.100.1");
}

TEST(ClientAddress, NobodyPassesForAnotherBeforeTheTrustedProxies) {
  const auto settings = trusting({"10.0.0.0/8"});
  const auto address = [&](const std::string& field) {
    return client_address(settings, request_from("10.0.0.1", "X-Forwarded-For", field));
  };
  EXPECT_EQ(address("203.0.113.7, 198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(address("203.0.113.7,198.51.100.1, 10.1.1.1"), "198.51.100.1");
  EXPECT_EQ(address("203.0.113.7, nonsense"), "10.0.0.1");
  EXPECT_EQ(address("203.0.113.7, nonsense, 10.1.1.1"), "10.1.1.1");
  EXPECT_EQ(address(""), "10.0.0.1");
  EXPECT_EQ(address("10.1.1.1"), "10.1.1.1");
}

TEST(ClientAddress, IsReadInEachForm) {
  const auto settings = trusting({"10.0.0.0/8"});
  const auto forwarded = [&](const std::string& field) {
    return client_address(settings, request_from("10.0.0.1", "Forwarded", field));
  };
  EXPECT_EQ(forwarded("for=192.0.2.43, for=\"198.51.100.1:4711\";proto=https"), "198.51.100.1");
  EXPECT_EQ(forwarded("for=\"[2001:db8:1:2:3::1]:4711\""), "2001:db8:1:2::/64");
  EXPECT_EQ(forwarded("for=\"[\""), "10.0.0.1");
  EXPECT_EQ(forwarded("for=_hidden"), "10.0.0.1");
  EXPECT_EQ(client_address(settings, request_from("10.0.0.1", "X-Forwarded-For", "2001:db8::1")), "2001:db8::/64");
  EXPECT_EQ(client_address(settings, request_from("10.0.0.1", "X-Forwarded-For", "::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(client_address({}, request_from("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace davit::registry
