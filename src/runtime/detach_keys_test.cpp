#include "runtime/detach_keys.h"

#include <random>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::runtime {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_detach_keys(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(DetachKeys, AreLettersAndControlKeys) {
  EXPECT_EQ(parse_detach_keys(kDefaultDetachKeys), "\x10\x11");
  EXPECT_EQ(parse_detach_keys("a"), "a");
  EXPECT_EQ(parse_detach_keys("a,ctrl-b,DEL"), "a\x02\x7f");
  EXPECT_EQ(parse_detach_keys("ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_"), "\x1b\x1c\x1d\x1e\x1f");
  EXPECT_EQ(parse_detach_keys("ctrl-@"), std::string(1, '\0'));
}

TEST(DetachKeys, WhatIsNoneIsRefusedByName) {
  EXPECT_EQ(refusal("bad"), "Invalid escape keys (bad) provided");
  EXPECT_EQ(refusal("ctrl-"), "Invalid escape keys (ctrl-) provided");
  EXPECT_EQ(refusal("ctrl-,a"), "Invalid escape keys (ctrl-,a) provided");
  EXPECT_EQ(refusal("ctrl-A"), "Invalid escape keys (ctrl-A) provided");
  EXPECT_EQ(refusal("a,,b"), "Invalid escape keys (a,,b) provided");
  EXPECT_EQ(refusal("\x1b[31m"), "Invalid escape keys (\\x1b[31m) provided");
}

TEST(DetachWatch, PassesAllButTheKeys) {
  DetachWatch watch("\x10\x11");
  EXPECT_EQ(watch.pass("abc"), "abc");
  EXPECT_EQ(watch.pass("d\x10"), "d");  // held back: what comes next decides
  EXPECT_EQ(watch.pass("e"),
            "\x10"
            "e");
  EXPECT_EQ(watch.pass("\x10\x10"), "\x10");
  EXPECT_FALSE(watch.detached());
  EXPECT_EQ(watch.pass("\x11rest"), "");
  EXPECT_TRUE(watch.detached());
}

TEST(DetachWatch, WithoutKeysNothingDetaches) {
  DetachWatch watch("");
  EXPECT_EQ(watch.pass("\x10\x11"), "\x10\x11");
  EXPECT_FALSE(watch.detached());
}

TEST(DetachWatch, HoweverTheInputIsCutItEndsAtTheFirstKeys) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string keys, typed;
    for (unsigned i = 0; i < 1 + random() % 4; ++i) keys += static_cast<char>('a' + random() % 2);
    for (unsigned i = 0; i < random() % 30; ++i) typed += static_cast<char>('a' + random() % 2);
    DetachWatch watch(keys);
    std::string passed;
    for (std::size_t i = 0; i < typed.size() && !watch.detached();) {
      const std::size_t count = 1 + random() % 5;
      passed += watch.pass(std::string_view(typed).substr(i, count));
      i += count;
    }
    const auto at = typed.find(keys);
    ASSERT_EQ(watch.detached(), at != std::string::npos) << keys << " in " << typed;
    if (at != std::string::npos) {
      ASSERT_EQ(passed, typed.substr(0, at));
    } else {
      ASSERT_TRUE(typed.starts_with(passed));
      ASSERT_TRUE(keys.starts_with(typed.substr(passed.size())));
    }
  }
}

}  // namespace
}  // namespace davit::runtime
