// Streams and signals of a foreground run.

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "container/attach.h"
#include "container/run_testing.h"

namespace davit::container {
namespace {

std::string pattern(std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 16);
  for (std::size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + "\n";
  text.resize(bytes);
  return text;
}

TEST_F(RunTest, InputOfAnySizePassesThroughUnchanged) {
  auto wanted = description({"cat"});
  wanted.open_stdin = wanted.stdin_once = true;
  const auto input = pattern(20'000'000);
  const auto result = run(wanted, input);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out == input) << result.out.size() << " bytes of " << input.size();
}

TEST_F(RunTest, WithoutOpenStdinTheInputIsEmpty) { EXPECT_EQ(run(shell("cat; echo end"), "ignored").out, "end\n"); }

TEST_F(RunTest, NoOutputIsLostAtTheEnd) {
  for (int i = 0; i < 10; ++i) {
    auto wanted = shell("head -c 300000 /dev/zero; echo -n err >&2");
    wanted.auto_remove = true;
    const auto result = run(wanted);
    EXPECT_EQ(result.out.size(), 300000U);
    EXPECT_EQ(result.err, "err");
  }
}

TEST_F(RunTest, SlowReaderGetsEverything) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::size_t total = 0;
  std::thread reader([&] {
    char buffer[3000];
    ssize_t count = 0;
    while ((count = ::read(ends[0], buffer, sizeof buffer)) > 0) {
      total += static_cast<std::size_t>(count);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  const auto id = store_->create(shell("head -c 2000000 /dev/zero")).id();
  EXPECT_EQ(start_attached(store(), id, {.streams = {.out = ends[1]}}), 0);
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(total, 2000000U);
}

TEST_F(RunTest, OutputThatEndsEarlyDoesNotEndTheRun) {
  EXPECT_EQ(run(shell("exec >&- 2>&-; sleep 0.2; exit 12")).exit_code, 12);
}

TEST_F(RunTest, SignalsReachTheProgram) {
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, &before);  // for the thread below, which inherits it
  const auto id =
      store_->create(shell("trap 'echo caught; exit 7' TERM; touch /ready; while :; do sleep 0.05; done")).id();
  std::thread sender([&] {
    const auto ready = folder_.path() / "root/containers" / id / "upper/ready";
    for (int i = 0; i < 2000 && !base::fs::exists(ready); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ::kill(::getpid(), SIGTERM);
  });
  const auto result = attach(id);
  sender.join();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.out, "caught\n");
}

}  // namespace
}  // namespace davit::container
