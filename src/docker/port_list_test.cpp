#include "docker/port_list.h"

#include <gtest/gtest.h>

namespace davit::docker {
namespace {

using network::Address;
using network::PortBinding;
using network::Protocol;

std::string shown(const std::vector<PortBinding>& bindings, const std::vector<std::string>& exposed = {},
                  const std::string& container = "c1") {
  container::Record record;
  record.id = "c1";
  record.description.exposed_ports = exposed;
  network::Endpoint endpoint;
  endpoint.container = container;
  endpoint.ports = bindings;
  return port_list(record, {endpoint});
}

PortBinding binding(const char* host, int host_port, int container_port, Protocol protocol = Protocol::kTcp) {
  return {protocol, *Address::parse(host), host_port, container_port};
}

TEST(PortListTest, PublishedPortsTellBothSides) {
  EXPECT_EQ(shown({binding("0.0.0.0", 8100, 80), binding("::", 8100, 80)}), "0.0.0.0:8100->80/tcp, [::]:8100->80/tcp");
}

TEST(PortListTest, ExposedPortsComeWithoutAHost) {
  EXPECT_EQ(shown({binding("127.0.0.1", 8100, 80)}, {"80/tcp", "53/udp"}), "53/udp, 127.0.0.1:8100->80/tcp");
}

TEST(PortListTest, NeighboursOfTheSameNumbersAreARange) {
  EXPECT_EQ(shown({binding("0.0.0.0", 80, 80), binding("0.0.0.0", 81, 81), binding("0.0.0.0", 90, 90)}),
            "0.0.0.0:80-81->80-81/tcp, 0.0.0.0:90->90/tcp");
  EXPECT_EQ(shown({}, {"8000/tcp", "8001/tcp", "8001/udp", "8003/tcp"}), "8000-8001/tcp, 8003/tcp, 8001/udp");
  EXPECT_EQ(shown({binding("0.0.0.0", 8000, 80), binding("0.0.0.0", 8001, 81)}),
            "0.0.0.0:8000->80/tcp, 0.0.0.0:8001->81/tcp");
}

TEST(PortListTest, WhatDoesNotRunOrIsAnothersShowsNothing) {
  EXPECT_EQ(shown({binding("0.0.0.0", 80, 80)}, {"80/tcp"}, "c2"), "");
}

}  // namespace
}  // namespace davit::docker
