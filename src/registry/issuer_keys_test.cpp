#include "registry/issuer_keys.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::registry {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using KeyList = std::vector<auth::Key>;

constexpr auto kLong = hours(1);
// Nothing but what a test asks for is fetched, as often as it asks; who waits does so until there is something.
constexpr IssuerKeys::Times kAlways = {.fresh = kLong, .retry = kLong, .again = milliseconds(0), .patience = kLong};

auth::Key new_key() { return auth::Key::generate(auth::Key::Kind::kEd25519); }

base::Code refusal(IssuerKeys& keys, const std::string& id) {
  try {
    keys.keys_for(id);
  } catch (const base::Error& error) {
    return error.code();
  }
  return base::Code::kInternal;
}

TEST(IssuerKeys, AreFetchedOnceAndForAnUnknownKeyAgain) {
  const auto first = new_key(), second = new_key();
  std::atomic<int> fetches = 0;
  IssuerKeys keys(
      "i", [&] { return ++fetches == 1 ? KeyList{first} : KeyList{second}; }, kAlways);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(keys.keys_for(first.id())->size(), 1U);
  EXPECT_EQ(keys.keys_for("")->at(0).id(), first.id());
  EXPECT_EQ(fetches, 1);
  EXPECT_EQ(keys.keys_for(second.id())->at(0).id(), second.id());
  EXPECT_EQ(fetches, 2);
  // One that the issuer took back is none of its any more.
  EXPECT_EQ(keys.keys_for(first.id())->at(0).id(), second.id());
  EXPECT_EQ(fetches, 3);
}

TEST(IssuerKeys, UnknownKeysDoNotMakeItFetchMoreOftenThanItMay) {
  std::atomic<int> fetches = 0;
  auto times = kAlways;
  times.again = kLong;
  IssuerKeys keys(
      "i",
      [&] {
        ++fetches;
        return KeyList{new_key()};
      },
      times);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(keys.keys_for("unknown")->size(), 1U);
  EXPECT_EQ(fetches, 1);
}

TEST(IssuerKeys, StayWhenTheyCannotBeFetched) {
  const auto key = new_key();
  std::atomic<int> fetches = 0;
  IssuerKeys keys(
      "i",
      [&]() -> KeyList {
        if (++fetches == 1) return {key};
        throw base::Error(base::Code::kUnavailable, "down");
      },
      kAlways);
  EXPECT_EQ(keys.keys_for(key.id())->size(), 1U);
  EXPECT_EQ(keys.keys_for("unknown")->size(), 1U);
  EXPECT_EQ(fetches, 2);
  EXPECT_EQ(keys.keys_for(key.id())->at(0).id(), key.id());
}

TEST(IssuerKeys, AreNotToBeHadFromAnIssuerThatFailed) {
  std::atomic<int> fetches = 0;
  IssuerKeys keys(
      "i",
      [&]() -> KeyList {
        ++fetches;
        throw base::Error(base::Code::kUnavailable, "down");
      },
      kAlways);
  EXPECT_EQ(refusal(keys, "x"), base::Code::kUnavailable);
  EXPECT_EQ(refusal(keys, ""), base::Code::kUnavailable);
  EXPECT_GE(fetches, 2);
}

TEST(IssuerKeys, AreFetchedAgainWhenTheyAreOld) {
  std::promise<void> thrice;
  std::atomic<int> fetches = 0;
  auto times = kAlways;
  times.fresh = milliseconds(1);
  IssuerKeys keys(
      "i",
      [&] {
        if (++fetches == 3) thrice.set_value();
        return KeyList{};
      },
      times);
  thrice.get_future().wait();
}

// A fetch that hangs holds up nobody whose key is here, and two of those whose keys are not.
TEST(IssuerKeys, AFetchThatHangsHoldsUpFew) {
  constexpr int kAsking = 8, kRefused = 6;
  const auto key = new_key();
  std::promise<void> all_refused;
  auto end = all_refused.get_future();
  std::atomic<int> fetches = 0, refused = 0;
  IssuerKeys keys(
      "i",
      [&]() -> KeyList {
        if (++fetches == 2) end.wait();
        return {key};
      },
      kAlways);
  keys.keys_for(key.id());
  std::vector<std::future<void>> asking;
  for (int i = 0; i < kAsking; ++i) {
    asking.push_back(std::async(std::launch::async, [&] {
      if (refusal(keys, "new") != base::Code::kUnavailable) return;
      EXPECT_EQ(keys.keys_for(key.id())->size(), 1U);
      if (++refused == kRefused) all_refused.set_value();
    }));
  }
  for (auto& each : asking) each.get();
  EXPECT_EQ(refused, kRefused);
}

TEST(IssuerKeys, PatienceEnds) {
  std::promise<void> end;
  auto ended = end.get_future();
  auto times = kAlways;
  times.patience = milliseconds(1);
  IssuerKeys keys(
      "i",
      [&] {
        ended.wait();
        return KeyList{};
      },
      times);
  EXPECT_EQ(refusal(keys, "x"), base::Code::kUnavailable);
  end.set_value();
}

}  // namespace
}  // namespace davit::registry
