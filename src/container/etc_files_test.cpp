#include "container/etc_files.h"

#include <gtest/gtest.h>

namespace davit::container {
namespace {

using runtime::NetworkMode;

TEST(HostsFile, WithoutNetworkHasLoopbackAndIpv6Names) {
  EXPECT_EQ(hosts_file(NetworkMode::kNone, "10.0.0.1 secret\n"),
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
            "ff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
}

TEST(HostsFile, WithTheHostsNetworkIsTheHosts) {
  EXPECT_EQ(hosts_file(NetworkMode::kHost, "10.0.0.1 db\n"), "10.0.0.1 db\n");
  EXPECT_TRUE(hosts_file(NetworkMode::kHost, "").starts_with("127.0.0.1\tlocalhost\n"));
}

TEST(ResolvConf, LoopbackServersAreLeftOutUnlessTheNetworkIsShared) {
  const auto* file =
      "# made by x\nsearch lan\nnameserver 127.0.0.53\nnameserver\t::1\nnameserver 10.0.0.2\noptions edns0";
  EXPECT_EQ(resolv_conf(NetworkMode::kNone, file), "# made by x\nsearch lan\nnameserver 10.0.0.2\noptions edns0\n");
  EXPECT_EQ(resolv_conf(NetworkMode::kHost, file), file);
  EXPECT_EQ(resolv_conf(NetworkMode::kNone, ""), "");
}

}  // namespace
}  // namespace davit::container
