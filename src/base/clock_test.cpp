#include "base/clock.h"

#include <gtest/gtest.h>

namespace davit::base {
namespace {

TEST(Clock, RoundTripsNanoseconds) {
  for (const char* text :
       {"2026-11-23T17:30:55.123456789Z", "1970-01-01T00:00:00Z", "2026-02-28T23:59:59.5Z", "1969-12-31T23:59:59.9Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(to_rfc3339(*time), text);
  }
}

TEST(Clock, UnderstandsOffsets) {
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-23T01:30:00+02:00")), "2026-11-22T23:30:00Z");
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-22T21:30:00-02:00")), "2026-11-22T23:30:00Z");
}

TEST(Clock, RefusesMalformedTimes) {
  for (const char* text : {"", "2026-11-23", "2026-11-23T17:30:55", "2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z",
                           "2026-11-23T17:30:55.Z", "2026-11-23T17:30:55Zx", "2026-11-23T24:30:55Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace davit::base
