#include "registry/client_limiter.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace davit::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const ClientLimiter::Clock::time_point kStart{std::chrono::hours(1)};

unsigned requests_at_once(ClientLimiter& limiter, const std::string& client, ClientLimiter::Clock::time_point now) {
  unsigned count = 0;
  while (count < 1000 && !limiter.request(client, now)) ++count;
  return count;
}

TEST(ClientLimiter, LetsInWhatTenSecondsAllowAndThenItsRate) {
  ClientLimiter limiter({.requests = 2});
  EXPECT_EQ(requests_at_once(limiter, "a", kStart), 20U);
  EXPECT_EQ(limiter.request("a", kStart), seconds(1));
  EXPECT_EQ(limiter.request_wait("a", kStart), seconds(1));
  EXPECT_EQ(requests_at_once(limiter, "a", kStart + milliseconds(499)), 0U);
  EXPECT_EQ(limiter.request_wait("a", kStart + milliseconds(500)), std::nullopt);
  EXPECT_EQ(requests_at_once(limiter, "a", kStart + milliseconds(500)), 1U);
  EXPECT_EQ(requests_at_once(limiter, "a", kStart + std::chrono::hours(5)), 20U);
}

TEST(ClientLimiter, OneClientTakesNothingFromAnother) {
  ClientLimiter limiter({.requests = 1});
  EXPECT_EQ(requests_at_once(limiter, "a", kStart), 10U);
  EXPECT_EQ(requests_at_once(limiter, "b", kStart), 10U);
}

TEST(ClientLimiter, ARefusedRequestIsNotCounted) {
  ClientLimiter limiter({.requests = 1});
  requests_at_once(limiter, "a", kStart);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limiter.request("a", kStart + milliseconds(900)));
  EXPECT_FALSE(limiter.request("a", kStart + seconds(1)));
}

TEST(ClientLimiter, ATimeThatGoesBackGivesNothing) {
  ClientLimiter limiter({.requests = 1});
  requests_at_once(limiter, "a", kStart);
  EXPECT_TRUE(limiter.request("a", kStart - seconds(5)));
  EXPECT_TRUE(limiter.request("a", kStart + milliseconds(500)));
}

TEST(ClientLimiter, BytesAreADebtThatIsWaitedFor) {
  ClientLimiter limiter({.bytes = 100});
  EXPECT_EQ(limiter.bytes_wait("a", kStart), std::nullopt);
  limiter.charge("a", 6000, kStart);  // a minute's
  EXPECT_EQ(limiter.bytes_wait("a", kStart), std::nullopt);
  limiter.charge("a", 1050, kStart);
  EXPECT_EQ(limiter.bytes_wait("a", kStart), seconds(11));
  EXPECT_EQ(limiter.bytes_wait("a", kStart + seconds(10)), seconds(1));
  EXPECT_EQ(limiter.bytes_wait("a", kStart + seconds(11)), std::nullopt);
}

TEST(ClientLimiter, WhatWasNotMovedIsGivenBackAndNoMore) {
  ClientLimiter limiter({.bytes = 100});
  limiter.charge("a", 10'000, kStart);
  EXPECT_EQ(limiter.bytes_wait("a", kStart), seconds(40));
  limiter.give_back("a", 9000);
  EXPECT_EQ(limiter.bytes_wait("a", kStart), std::nullopt);
  limiter.give_back("a", 1'000'000);
  limiter.charge("a", 6100, kStart);
  EXPECT_EQ(limiter.bytes_wait("a", kStart), seconds(1));
}

TEST(ClientLimiter, UploadsAreCountedWhileTheyAre) {
  ClientLimiter limiter({.uploads = 2});
  auto one = limiter.begin_upload("a", kStart);
  {
    const auto two = limiter.begin_upload("a", kStart);
    EXPECT_TRUE(one && two);
    EXPECT_FALSE(limiter.begin_upload("a", kStart));
    EXPECT_TRUE(limiter.begin_upload("b", kStart));
  }
  auto moved = std::move(one);
  EXPECT_TRUE(limiter.begin_upload("a", kStart));
  const auto third = limiter.begin_upload("a", kStart);
  EXPECT_FALSE(limiter.begin_upload("a", kStart));
}

TEST(ClientLimiter, WhatIsNotLimitedCostsNoMemory) {
  ClientLimiter limiter({});
  EXPECT_FALSE(limiter.is_on());
  EXPECT_FALSE(limiter.request("a", kStart) || limiter.bytes_wait("a", kStart));
  limiter.charge("a", 1 << 30, kStart);
  EXPECT_FALSE(limiter.bytes_wait("a", kStart));
  EXPECT_EQ(limiter.clients(), 0U);
}

TEST(ClientLimiter, ForgetsWhoIsAsNewAndNotWhoHasADebtOrAnUpload) {
  ClientLimiter limiter({.requests = 1, .uploads = 1, .bytes = 100});
  limiter.charge("debtor", 1'000'000, kStart);
  const auto upload = limiter.begin_upload("uploader", kStart);
  for (std::size_t i = 0; i < 5 * ClientLimiter::kMostClients; ++i) {
    limiter.request(fmt::format("client {}", i), kStart + milliseconds(i));
    ASSERT_LE(limiter.clients(), ClientLimiter::kMostClients);
  }
  EXPECT_TRUE(limiter.bytes_wait("debtor", kStart + seconds(90)));
  EXPECT_FALSE(limiter.begin_upload("uploader", kStart + seconds(90)));
}

TEST(ClientLimiter, ManyAtOnceStayWithinItsMemory) {
  ClientLimiter limiter({.requests = 1});
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < ClientLimiter::kMostClients; ++i) {
      limiter.request(fmt::format("client {}.{}", round, i), kStart);
      ASSERT_LE(limiter.clients(), ClientLimiter::kMostClients);
    }
  }
}

}  // namespace
}  // namespace davit::registry
