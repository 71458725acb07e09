#include "dockerfile/ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;

std::string port_mistake(std::string_view word) {
  try {
    parse_exposed(word);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(ExposedPorts, AreNumbersRangesAndProtocols) {
  const std::vector<std::string> words = {"80", "53/UDP", "8000-8002/sctp", "90/"};
  EXPECT_THAT(exposed_ports(words), ElementsAre("80/tcp", "53/udp", "8000/sctp", "8001/sctp", "8002/sctp", "90/tcp"));
  EXPECT_EQ(parse_exposed("53/UDP").protocol, "UDP");
}

TEST(ExposedPorts, HostPartsAreReadAndMeanNothing) {
  EXPECT_FALSE(parse_exposed("80").has_host_part);
  for (const char* word : {"8080:80", "127.0.0.1:8080:80", "[::1]:8080:80", "127.0.0.1::80", "1-9:80", "1-2:8-9"}) {
    EXPECT_TRUE(parse_exposed(word).has_host_part) << word;
  }
}

TEST(ExposedPorts, MistakesAreToldInBuildKitsWords) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "invalid port: \"\": no port specified"},
      {"/tcp", "invalid port: \"/tcp\": no port specified"},
      {"80/foo", "invalid port: \"80/foo\": invalid proto: foo"},
      {"80a", "invalid containerPort: 80a"},
      {"65536", "invalid containerPort: 65536"},
      {"9-8", "invalid containerPort: 9-8"},
      {"x:80", "invalid hostPort: x"},
      {"300.1.1.1:1:80", "invalid IP address: 300.1.1.1"},
      {"1-3:8-9", "invalid ranges specified for container and host Ports: 8-9 and 1-3"},
  };
  for (const auto& [word, mistake] : rows) EXPECT_EQ(port_mistake(word), mistake) << word;
}

}  // namespace
}  // namespace davit::dockerfile
