#include "container/etc_files.h"

#include <gtest/gtest.h>

namespace davit::container {
namespace {

Description with(const char* network, NameService names = {}) {
  Description description;
  description.network = network;
  description.names = std::move(names);
  return description;
}

TEST(HostsFile, WithoutNetworkHasLoopbackAndIpv6Names) {
  EXPECT_EQ(hosts_file(with("none"), "10.0.0.1 secret\n"),
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
            "ff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
}

TEST(HostsFile, WithTheHostsNetworkIsTheHosts) {
  EXPECT_EQ(hosts_file(with("host"), "10.0.0.1 db\n"), "10.0.0.1 db\n");
  EXPECT_TRUE(hosts_file(with("host"), "").starts_with("127.0.0.1\tlocalhost\n"));
}

TEST(ResolvConf, LoopbackServersAreLeftOutUnlessTheNetworkIsShared) {
  const auto* file =
      "# made by x\nsearch lan\nnameserver 127.0.0.53\nnameserver\t::1\nnameserver 10.0.0.2\noptions edns0";
  EXPECT_EQ(resolv_conf(with("none"), file), "# made by x\nsearch lan\nnameserver 10.0.0.2\noptions edns0\n");
  EXPECT_EQ(resolv_conf(with("host"), file), file);
  EXPECT_EQ(resolv_conf(with("none"), ""), "");
}

TEST(HostsFile, EndsWithTheHostsAskedFor) {
  const NameService names = {.extra_hosts = {"a:1.2.3.4", "b:::1"}};
  EXPECT_EQ(hosts_file(with("host", names), "10.0.0.1 db"), "10.0.0.1 db\n1.2.3.4\ta\n::1\tb\n");
  EXPECT_TRUE(hosts_file(with("none", names), "").ends_with("ip6-allrouters\n1.2.3.4\ta\n::1\tb\n"));
}

TEST(ResolvConf, WhatIsAskedForIsInPlaceOfTheHostsLines) {
  const auto* file = "# made by x\nsearch lan\nnameserver 10.0.0.2\noptions edns0\n";
  const auto asked = [&](NameService names) { return resolv_conf(with("none", std::move(names)), file); };
  EXPECT_EQ(asked({.servers = {"1.1.1.1", "127.0.0.1"}, .search = {"a.b", "."}, .options = {"ndots:1"}}),
            "search a.b .\nnameserver 1.1.1.1\nnameserver 127.0.0.1\noptions ndots:1\n");
  EXPECT_EQ(asked({.search = {"."}}), "nameserver 10.0.0.2\noptions edns0\n");
  EXPECT_EQ(asked({.servers = {"1.1.1.1"}}), "search lan\nnameserver 1.1.1.1\noptions edns0\n");
  EXPECT_EQ(resolv_conf(with("host", {.servers = {"8.8.8.8"}}), "nameserver 127.0.0.53\n"), "nameserver 8.8.8.8\n");
}

}  // namespace
}  // namespace davit::container
