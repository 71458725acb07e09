#include "base/process.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace davit::base {
namespace {

TEST(Process, RunGivesOutputErrorsAndExitCode) {
  const auto result = run({.argv = {"sh", "-c", "cat; echo oops >&2; exit 3"}}, "hello");
  EXPECT_EQ(result.out, "hello");
  EXPECT_EQ(result.err, "oops\n");
  EXPECT_EQ(result.status.code, 3);
}

TEST(Process, RunCarriesMoreThanAPipeHolds) {
  const std::string input(1'000'000, 'x');
  EXPECT_EQ(run({.argv = {"cat"}}, input).out, input);
}

TEST(Process, RunSurvivesAChildThatReadsNothing) {
  EXPECT_TRUE(run({.argv = {"true"}}, std::string(1'000'000, 'x')).status.ok());
}

TEST(Process, AMissingProgramIsNamed) {
  try {
    spawn({.argv = {"no-such-program"}});
    FAIL() << "spawn did not throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_EQ(e.message(), "no-such-program: program not found");
  }
}

TEST(Process, AKilledChildReportsItsSignal) {
  Child child = spawn({.argv = {"sleep", "100"}});
  child.signal(15);
  const ExitStatus status = child.wait();
  EXPECT_EQ(status.signal, 15);
  EXPECT_EQ(status.code, 143);
}

TEST(Process, ATimeoutKillsTheChild) {
  EXPECT_THROW(run({.argv = {"sleep", "100"}}, {}, std::chrono::milliseconds(20)), Error);
}

TEST(Process, AnInterruptEndsAChildThatMayBeInterrupted) {
  raise_interrupt_for_test(true);
  const auto code_of = [](bool interruptible) {
    try {
      run({.argv = {"sleep", interruptible ? "100" : "0"}, .interruptible = interruptible});
    } catch (const Error& e) {
      return e.code();
    }
    return Code::kInternal;  // it came to its end
  };
  EXPECT_EQ(code_of(true), Code::kCancelled);
  EXPECT_EQ(code_of(false), Code::kInternal);
  raise_interrupt_for_test(false);
}

TEST(Process, OtherDescriptorsAreClosedInTheChild) {
  const auto result = run({.argv = {"sh", "-c", "ls /proc/self/fd | wc -l"}});
  EXPECT_EQ(result.out, "4\n");  // 0, 1, 2 and the listing itself
}

TEST(Process, AnIdentityOutlivesNeitherItsProcessNorAnotherBoot) {
  Child child = spawn({.argv = {"sleep", "100"}});
  auto identity = ProcessIdentity::of(child.pid());
  ASSERT_TRUE(identity);
  EXPECT_TRUE(identity->alive());
  auto elsewhere = *identity;
  elsewhere.boot_id = "another";
  EXPECT_FALSE(elsewhere.alive());
  EXPECT_TRUE(identity->signal(9));
  EXPECT_TRUE(identity->wait_gone(std::chrono::seconds(10)));
  child.wait();
  EXPECT_FALSE(identity->signal(9));
}

}  // namespace
}  // namespace davit::base
