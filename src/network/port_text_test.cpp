#include "network/port_text.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::network {
namespace {

std::string problem(const std::string& text) {
  try {
    parse_published_port(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

// "HOST|FIRST-LAST|PORT/PROTOCOL" of each.
std::string shown(const std::string& text) {
  std::vector<std::string> shown;
  for (const auto& wish : parse_published_port(text)) {
    shown.push_back(fmt::format("{}|{}-{}|{}/{}", wish.host, wish.first_host_port, wish.last_host_port,
                                wish.container_port, name(wish.protocol)));
  }
  return base::join(shown, " ");
}

TEST(PublishedPortTest, Forms) {
  EXPECT_EQ(shown("80"), "|0-0|80/tcp");
  EXPECT_EQ(shown("8080:80/UDP"), "|8080-8080|80/udp");
  EXPECT_EQ(shown("80:80/"), "|80-80|80/tcp");
  EXPECT_EQ(shown("127.0.0.1::80"), "127.0.0.1|0-0|80/tcp");
  EXPECT_EQ(shown("127.0.0.1:8080:80/sctp"), "127.0.0.1|8080-8080|80/sctp");
  EXPECT_EQ(shown("[::1]:8080:80"), "::1|8080-8080|80/tcp");
  EXPECT_EQ(shown("::1:8080:80"), "::1|8080-8080|80/tcp");
}

TEST(PublishedPortTest, Ranges) {
  EXPECT_EQ(shown("80-81"), "|0-0|80/tcp |0-0|81/tcp");
  EXPECT_EQ(shown("8000-8001:80-81"), "|8000-8000|80/tcp |8001-8001|81/tcp");
  EXPECT_EQ(shown("8000-8010:80"), "|8000-8010|80/tcp");
}

TEST(PublishedPortTest, RefusedInDockersWords) {
  EXPECT_EQ(problem("abc"), "invalid containerPort: abc");
  EXPECT_EQ(problem("0"), "invalid containerPort: 0");
  EXPECT_EQ(problem("abc:80"), "invalid hostPort: abc");
  EXPECT_EQ(problem("80:70000"), "invalid containerPort: 70000");
  EXPECT_EQ(problem("82-80:80"), "invalid hostPort: 82-80");
  EXPECT_EQ(problem("80:80/xyz"), "invalid proto: xyz");
  EXPECT_EQ(problem("80:"), "no port specified: 80:<empty>");
  EXPECT_EQ(problem(""), "no port specified: <empty>");
  EXPECT_EQ(problem("bad:80:80"), "invalid IP address: bad");
  EXPECT_EQ(problem("80-82:80-81"), "invalid ranges specified for container and host Ports: 80-81 and 80-82");
}

TEST(ExposedPortTest, Forms) {
  EXPECT_EQ(parse_exposed_ports("80-81/udp"), (std::vector<std::string>{"80/udp", "81/udp"}));
  EXPECT_EQ(parse_exposed_port("80/udp"), (PortWish{.protocol = Protocol::kUdp, .container_port = 80}));
  EXPECT_THROW(parse_exposed_ports("80:80"), base::Error);
  EXPECT_THROW(parse_exposed_ports("bad"), base::Error);
}

}  // namespace
}  // namespace davit::network
