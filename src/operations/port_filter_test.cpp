#include "operations/port_filter.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::operations {
namespace {

TEST(ParsePortFilter, TakesAPortOrARangeOfAProtocol) {
  EXPECT_EQ(parse_port_filter("expose", "80"), (PortRange{80, 80, "tcp"}));
  EXPECT_EQ(parse_port_filter("expose", "53/UDP"), (PortRange{53, 53, "udp"}));
  EXPECT_EQ(parse_port_filter("expose", "7000-8080/tcp"), (PortRange{7000, 8080, "tcp"}));
}

TEST(ParsePortFilter, RefusesOthersInDockersWords) {
  const auto error_of = [](const char* text) {
    try {
      parse_port_filter("publish", text);
    } catch (const base::Error& error) {
      return error.message();
    }
    return std::string("no error");
  };
  const std::string begin = "error while looking up for publish ";
  EXPECT_EQ(error_of("x"), begin + "x: strconv.ParseUint: parsing \"x\": invalid syntax");
  EXPECT_EQ(error_of("99999"), begin + "99999: strconv.ParseUint: parsing \"99999\": value out of range");
  EXPECT_EQ(error_of("9-8"), begin + "9-8: Invalid range specified for the Port: 9-8");
  EXPECT_EQ(error_of("1:2"), "filter for 'publish' should not contain ':': 1:2");
}

TEST(PortRange, HasWhatItMeets) {
  const PortRange range = {80, 90, "tcp"};
  EXPECT_TRUE(range.has("80/tcp"));
  EXPECT_TRUE(range.has("85-100"));
  EXPECT_FALSE(range.has("80/udp"));
  EXPECT_FALSE(range.has("91"));
}

}  // namespace
}  // namespace davit::operations
