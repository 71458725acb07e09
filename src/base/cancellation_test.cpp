#include "base/cancellation.h"

#include <thread>

#include <gtest/gtest.h>
#include <poll.h>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"

namespace davit::base {
namespace {

bool readable(int fd) {
  pollfd event{fd, POLLIN, 0};
  return ::poll(&event, 1, 0) == 1;
}

TEST(CancellationTest, EndsTheWorkOfThreadsInItsScopeAlone) {
  Cancellation cancellation;
  cancellation.cancel();
  cancellation.cancel();
  EXPECT_TRUE(cancellation.cancelled());
  EXPECT_TRUE(readable(cancellation.fd()));
  EXPECT_NO_THROW(check_interrupted());
  {
    const Cancellation::Scope scope(cancellation);
    EXPECT_THROW(check_interrupted(), Error);
    std::jthread([] { EXPECT_NO_THROW(check_interrupted()); });
    Cancellation other;
    const Cancellation::Scope inner(other);
    EXPECT_NO_THROW(check_interrupted());
  }
  EXPECT_NO_THROW(check_interrupted());
}

TEST(CancellationTest, AParentsIsItsChildrensButNotTheOtherWayRound) {
  Cancellation parent;
  Cancellation first(&parent), second(&parent);
  { Cancellation gone(&parent); }
  first.cancel();
  EXPECT_FALSE(parent.cancelled());
  EXPECT_FALSE(second.cancelled());
  EXPECT_FALSE(readable(second.fd()));
  parent.cancel();
  EXPECT_TRUE(second.cancelled());
  EXPECT_TRUE(readable(second.fd()));
  EXPECT_TRUE(Cancellation(&parent).cancelled());
}

TEST(CancellationTest, EndsTheWaitForALock) {
  const fs::TemporaryDirectory folder(testing::TempDir());
  const auto held = FileLock::acquire(folder.path() / "lock");
  Cancellation cancellation;
  std::jthread waiting([&] {
    const Cancellation::Scope scope(cancellation);
    EXPECT_THROW(FileLock::acquire(folder.path() / "lock"), Error);
  });
  cancellation.cancel();
}

}  // namespace
}  // namespace davit::base
