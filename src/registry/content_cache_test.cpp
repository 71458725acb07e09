#include "registry/content_cache.h"

#include <gtest/gtest.h>

namespace davit::registry {
namespace {

using Clock = std::chrono::steady_clock;

CachedContent content(std::uint64_t generation, const std::string& body,
                      Clock::time_point until = Clock::time_point::max()) {
  return {.generation = generation,
          .until = until,
          .repository = "a",
          .etag = "\"x\"",
          .lines = std::make_shared<const std::string>(),
          .body = std::make_shared<const std::string>(body)};
}

TEST(ContentCache, GivesWhatStillHolds) {
  ContentCache cache(1 << 20);
  const auto now = Clock::now();
  cache.put("/a", content(7, "seven"));
  EXPECT_EQ(*cache.find("/a", 7, now)->body, "seven");
  EXPECT_FALSE(cache.find("/a", 8, now));
  EXPECT_FALSE(cache.find("/b", 7, now));
  cache.put("/a", content(8, "eight", now + std::chrono::seconds(1)));
  EXPECT_EQ(*cache.find("/a", 8, now)->body, "eight");
  EXPECT_FALSE(cache.find("/a", 8, now + std::chrono::seconds(1)));
}

TEST(ContentCache, ForgetsTheOldestAndWhatIsTooLarge) {
  ContentCache cache(20'000);
  for (int i = 0; i < 100; ++i) cache.put("/" + std::to_string(i), content(1, std::string(700, 'x')));
  EXPECT_FALSE(cache.find("/0", 1, Clock::now()));
  EXPECT_TRUE(cache.find("/99", 1, Clock::now()));
  cache.put("/huge", content(1, std::string(15'000, 'x')));
  EXPECT_FALSE(cache.find("/huge", 1, Clock::now()));
}

}  // namespace
}  // namespace davit::registry
