#include "base/file_lock.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/process.h"

namespace davit::base {
namespace {

class FileLockTest : public testing::Test {
 protected:
  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path path_ = folder_.path() / "lock";
};

TEST_F(FileLockTest, ExcludesAnotherHolderEvenInTheSameProcess) {
  auto held = std::make_optional(FileLock::acquire(path_));
  EXPECT_FALSE(FileLock::try_acquire(path_));
  EXPECT_TRUE(FileLock::is_held(path_));
  held.reset();
  EXPECT_TRUE(FileLock::try_acquire(path_));
  EXPECT_FALSE(FileLock::is_held(path_));
}

TEST_F(FileLockTest, SharedHoldersAgree) {
  const auto first = FileLock::acquire(path_, FileLock::Mode::kShared);
  EXPECT_TRUE(FileLock::try_acquire(path_, FileLock::Mode::kShared));
  EXPECT_FALSE(FileLock::try_acquire(path_));
}

TEST_F(FileLockTest, AnExclusiveLockCanBecomeAShared) {
  auto held = FileLock::acquire(path_);
  EXPECT_FALSE(FileLock::try_acquire(path_, FileLock::Mode::kShared));
  held.share();
  EXPECT_TRUE(FileLock::try_acquire(path_, FileLock::Mode::kShared));
  EXPECT_FALSE(FileLock::try_acquire(path_));
}

TEST_F(FileLockTest, EitherIsExclusiveWhereNobodyHoldsTheFileElseShared) {
  auto first = FileLock::try_acquire_either(path_);
  ASSERT_TRUE(first && first->exclusive);
  EXPECT_FALSE(FileLock::try_acquire_either(path_));
  first->lock.share();
  const auto second = FileLock::try_acquire_either(path_);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->exclusive);
}

TEST_F(FileLockTest, AMarkIsSeenByTheOtherHoldersAndGoesWithTheLastWhoSetIt) {
  auto first = std::make_optional(FileLock::acquire(path_, FileLock::Mode::kShared));
  auto second = std::make_optional(FileLock::acquire(path_, FileLock::Mode::kShared));
  const auto third = FileLock::acquire(path_, FileLock::Mode::kShared);
  EXPECT_FALSE(third.is_marked());
  first->mark();
  EXPECT_FALSE(first->is_marked());
  EXPECT_TRUE(second->is_marked());
  second->mark();
  first.reset();
  EXPECT_TRUE(third.is_marked());
  second.reset();
  EXPECT_FALSE(third.is_marked());
}

TEST_F(FileLockTest, AWaitEndsWhenTheHolderLetsGo) {
  auto held = std::make_optional(FileLock::acquire(path_));
  std::jthread release([&] { held.reset(); });
  EXPECT_NO_THROW(FileLock::acquire(path_));
}

TEST_F(FileLockTest, AnInterruptEndsTheWait) {
  const auto held = FileLock::acquire(path_);
  raise_interrupt_for_test(true);
  EXPECT_THROW(FileLock::acquire(path_), Error);
  raise_interrupt_for_test(false);
}

TEST_F(FileLockTest, ARemovedFileIsNoLongerNamed) {
  const auto held = FileLock::acquire(path_);
  EXPECT_TRUE(held.still_named(path_));
  fs::remove(path_);
  EXPECT_FALSE(held.still_named(path_));
}

}  // namespace
}  // namespace davit::base
