// attach, wait, detached standard input, exit codes of containers that are gone.

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "container/attach.h"
#include "container/exit_table.h"
#include "container/logs.h"
#include "container/run_testing.h"

namespace davit::container {
namespace {

class AttachTest : public RunTest {
 protected:
  // What attach() to it writes, and its exit code.
  Result attach_running(const std::string& id, std::string_view input = {}) {
    const auto path = [&](const char* name) { return folder_.path() / name; };
    base::fs::write_file(path("in"), input);
    base::fs::write_file(path("out"), "");
    base::fs::write_file(path("err"), "");
    auto in = base::fs::File::open(path("in"));
    auto out = base::fs::File::open(path("out"), {.access = base::fs::Access::kWrite});
    auto err = base::fs::File::open(path("err"), {.access = base::fs::Access::kWrite});
    Result result;
    result.exit_code =
        container::attach(store(), id, {.streams = {.in = in.fd(), .out = out.fd(), .err = err.fd()}}).value_or(-1);
    result.out = base::fs::read_file(path("out"));
    result.err = base::fs::read_file(path("err"));
    return result;
  }
  std::string started(Description wanted) {
    const auto id = store_->create(std::move(wanted)).id();
    store_->start(id);
    return id;
  }
  std::string log_of(const std::string& id) {
    std::string text;
    read_logs(
        store(), id, {}, [&](const LogEntry& entry) { text += entry.text; }, [] {});
    return text;
  }
};

TEST_F(AttachTest, InputAndOutputOfARunningContainer) {
  auto wanted = shell("read line; echo got $line; echo err >&2; exit 6");
  wanted.open_stdin = true;
  const auto result = attach_running(started(wanted), "this\n");
  EXPECT_EQ(result.out, "got this\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.exit_code, 6);
}

TEST_F(AttachTest, AContainerThatDoesNotRunIsRefused) {
  const auto id = store_->create(shell("true")).id();
  try {
    attach_running(id);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "Container " + id + " is not running");
  }
}

TEST_F(AttachTest, InputStaysOpenWhenOneLeavesUnlessItIsForOne) {
  auto wanted = shell("while read line; do echo got $line; [ $line = end ] && exit 3; done; echo closed; exit 4");
  wanted.open_stdin = true;
  const auto id = started(wanted);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::write(ends[1], "first\n", 6), 6);
  ::close(ends[1]);
  std::thread first([&] {
    TestStore same(folder_.path());
    const AttachOptions input_alone = {.streams = {.in = ends[0], .out = -1, .err = -1}, .forward_signals = false};
    EXPECT_EQ(container::attach(*same.operator->(), id, input_alone), 3);
  });
  while (log_of(id) != "got first\n") std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(attach_running(id, "end\n").exit_code, 3);
  first.join();
  ::close(ends[0]);
  EXPECT_EQ(log_of(id), "got first\ngot end\n");

  wanted.stdin_once = true;
  EXPECT_EQ(attach_running(started(wanted), "other\n").exit_code, 4);
}

TEST_F(AttachTest, WaitReturnsTheExitCode) {
  const auto id = store_->create(shell("exit 7")).id();
  EXPECT_EQ(wait(store(), id), 0);  // never started, as docker has it
  store_->start(id);
  EXPECT_EQ(wait(store(), id), 7);
  EXPECT_EQ(wait(store(), id), 7);
  EXPECT_THROW(wait(store(), "nosuch"), base::Error);
}

TEST_F(AttachTest, TheExitCodeOfARemovedContainerIsKeptUntilItIsRead) {
  auto wanted = shell("exit 9");
  wanted.auto_remove = true;
  wanted.name = "brief";
  const auto id = started(wanted);
  while (store_->find(id)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(wait(store(), "brief"), 9);
  EXPECT_THROW(wait(store(), "brief"), base::Error);

  EXPECT_EQ(run(wanted).exit_code, 9);
  EXPECT_FALSE(store_->exit_table().find("brief")) << "the one who ran it has read it";
}

TEST_F(AttachTest, WaitForOneThatIsRemovedMeanwhile) {
  auto wanted = shell("sleep 0.3; exit 5");
  wanted.auto_remove = true;
  EXPECT_EQ(wait(store(), started(wanted)), 5);
}

TEST_F(AttachTest, NoLogIsKeptWhereNoneIsWanted) {
  auto wanted = shell("echo shown");
  wanted.log.driver = "none";
  const auto id = store_->create(wanted).id();
  EXPECT_EQ(attach(id).out, "shown\n");
  try {
    log_of(id);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "configured logging driver does not support reading");
  }
}

TEST_F(AttachTest, LogsOfAllRunsInOrder) {
  const auto id = store_->create(shell("echo one; printf two; printf end")).id();
  EXPECT_EQ(log_of(id), "");
  attach(id);
  EXPECT_EQ(log_of(id), "one\ntwoend");
}

TEST_F(AttachTest, FollowedLogsEndWithTheRun) {
  const auto id = started(shell("for i in 1 2 3; do echo $i; sleep 0.1; done"));
  std::string text;
  read_logs(
      store(), id, {.follow = true}, [&](const LogEntry& entry) { text += entry.text; }, [] {});
  EXPECT_EQ(text, "1\n2\n3\n");
}

TEST_F(AttachTest, ATerminalHasOneOutputAndASize) {
  auto wanted = shell("[ -t 0 ] && [ -t 1 ] && echo terminal; echo err >&2");
  wanted.terminal = true;
  const auto result = run(wanted);
  EXPECT_EQ(result.out, "terminal\r\nerr\r\n");
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace davit::container
