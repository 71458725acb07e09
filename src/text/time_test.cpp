#include "text/time.h"

#include <gtest/gtest.h>

namespace davit::text {
namespace {

using namespace std::chrono_literals;
constexpr auto kDay = 24h;

TEST(HumanDuration, CountsSecondsToAMinute) {
  EXPECT_EQ(human_duration(450ms), "Less than a second");
  EXPECT_EQ(human_duration(0ns), "Less than a second");
  EXPECT_EQ(human_duration(1s), "1 second");
  EXPECT_EQ(human_duration(1999ms), "1 second");
  EXPECT_EQ(human_duration(47s), "47 seconds");
  EXPECT_EQ(human_duration(59s), "59 seconds");
}

TEST(HumanDuration, CountsWholeMinutesToAnHour) {
  EXPECT_EQ(human_duration(60s), "About a minute");
  EXPECT_EQ(human_duration(119s), "About a minute");
  EXPECT_EQ(human_duration(3min), "3 minutes");
  EXPECT_EQ(human_duration(35min + 40s), "35 minutes");
  EXPECT_EQ(human_duration(59min + 59s), "59 minutes");
}

TEST(HumanDuration, RoundsHoursToTheNearest) {
  EXPECT_EQ(human_duration(1h), "About an hour");
  EXPECT_EQ(human_duration(1h + 29min), "About an hour");
  EXPECT_EQ(human_duration(1h + 30min), "2 hours");
  EXPECT_EQ(human_duration(3h + 59min), "4 hours");
  EXPECT_EQ(human_duration(kDay), "24 hours");
  EXPECT_EQ(human_duration(47h + 29min), "47 hours");
}

TEST(HumanDuration, GoesFromDaysToYears) {
  EXPECT_EQ(human_duration(47h + 30min), "2 days");
  EXPECT_EQ(human_duration(13 * kDay + 5h), "13 days");
  EXPECT_EQ(human_duration(14 * kDay), "2 weeks");
  EXPECT_EQ(human_duration(30 * kDay), "4 weeks");
  EXPECT_EQ(human_duration(59 * kDay), "8 weeks");
  EXPECT_EQ(human_duration(60 * kDay), "2 months");
  EXPECT_EQ(human_duration(5 * 30 * kDay + 14 * kDay), "5 months");
  EXPECT_EQ(human_duration(24 * 30 * kDay), "24 months");
  EXPECT_EQ(human_duration(2 * 365 * kDay), "2 years");
  EXPECT_EQ(human_duration(3 * 365 * kDay + 60 * kDay), "3 years");
}

TEST(HumanDuration, OfANegativeSpanIsLessThanASecond) {
  EXPECT_EQ(human_duration(-5s), "Less than a second");
  EXPECT_EQ(human_duration(-400h), "Less than a second");
}

TEST(HumanAge, IsTheCreatedColumn) {
  const base::Time now = *base::parse_rfc3339("2026-11-23T18:00:00Z");
  EXPECT_EQ(human_age(now - 3h, now), "3 hours ago");
  EXPECT_EQ(human_age(now, now), "Less than a second ago");
  EXPECT_EQ(human_age(*base::parse_rfc3339("1970-01-01T00:00:00Z"), now), "56 years ago");
}

}  // namespace
}  // namespace davit::text
