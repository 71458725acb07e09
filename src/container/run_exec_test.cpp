// Further processes in a running container.

#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "container/exec.h"
#include "container/run_testing.h"

namespace davit::container {
namespace {

class ExecTest : public RunTest {
 protected:
  std::string started(Description wanted) {
    const auto id = store_->create(std::move(wanted)).id();
    store_->start(id);
    return id;
  }
  std::string started() { return started(shell("sleep 600")); }

  Result exec_in(const std::string& id, ExecOptions options, std::string_view input = {}) {
    const auto path = [&](const char* name) { return folder_.path() / name; };
    base::fs::write_file(path("in"), input);
    base::fs::write_file(path("out"), "");
    base::fs::write_file(path("err"), "");
    auto in = base::fs::File::open(path("in"));
    auto out = base::fs::File::open(path("out"), {.access = base::fs::Access::kWrite});
    auto err = base::fs::File::open(path("err"), {.access = base::fs::Access::kWrite});
    Result result;
    result.exit_code =
        exec(store(), id, options, {.streams = {.in = in.fd(), .out = out.fd(), .err = err.fd()}}).value_or(-1);
    result.out = base::fs::read_file(path("out"), 64 * 1024 * 1024);
    result.err = base::fs::read_file(path("err"));
    return result;
  }
  Result exec_in(const std::string& id, const std::string& script, std::string_view input = {}) {
    return exec_in(id, {.command = {"sh", "-c", script}, .open_stdin = !input.empty()}, input);
  }
  std::string refusal(const std::string& id, const ExecOptions& options) {
    try {
      exec_in(id, options);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  }
  std::vector<std::string> sessions(const std::string& id) { return base::fs::list(store_->run_folder(id) / "exec"); }
  template <typename Condition>
  static bool holds_soon(const Condition& condition) {
    for (int i = 0; i < 4000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
  }
};

TEST_F(ExecTest, StreamsAndExitCode) {
  const auto id = started();
  const auto result = exec_in(id, "cat; echo err >&2; exit 5", "in\n");
  EXPECT_EQ(result.out, "in\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(exec_in(id, "kill -9 $$").exit_code, 137);
  EXPECT_TRUE(sessions(id).empty());
}

TEST_F(ExecTest, NoOutputIsLostAtTheEnd) {
  const auto id = started();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(exec_in(id, "head -c 300000 /dev/zero").out.size(), 300000U);
  }
}

TEST_F(ExecTest, EnvironmentUserAndFolderAreTheContainersUnlessGiven) {
  auto wanted = shell("sleep 600");
  wanted.env = {"A=one", "B=two"};
  wanted.working_dir = "/tmp";
  wanted.user = "app";
  const auto id = started(wanted);
  EXPECT_EQ(exec_in(id, "echo $A $B $HOME; pwd; id -u; id -g").out, "one two /home/app\n/tmp\n1000\n1001\n");
  EXPECT_EQ(exec_in(id, {.command = {"sh", "-c", "echo $A $B $HOME; pwd; id -u"},
                         .env = {"A=three"},
                         .user = "root",
                         .working_dir = "/bin"})
                .out,
            "three two /root\n/bin\n0\n");
}

TEST_F(ExecTest, AUserIsLookedUpInTheContainer) {
  const auto id = started();
  exec_in(id, "echo new:x:77:78::/new:/bin/sh >> /etc/passwd");
  EXPECT_EQ(exec_in(id, {.command = {"id", "-u"}, .user = "new"}).out, "77\n");
  EXPECT_EQ(refusal(id, {.command = {"id"}, .user = "nosuch"}),
            "unable to find user nosuch: no matching entries in passwd file");
}

TEST_F(ExecTest, WhatCannotBeStartedIsToldAsDockerDoes) {
  const auto id = started();
  EXPECT_EQ(refusal(id, {.command = {"nosuch"}}),
            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable "
            "file not found in $PATH: unknown");
  EXPECT_EQ(refusal(id, {.command = {"/etc"}}),
            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"/etc\": permission "
            "denied: unknown");
  EXPECT_TRUE(sessions(id).empty());
}

TEST_F(ExecTest, OnlyARunningContainerTakesOne) {
  const auto id = store_->create(shell("true")).id();
  EXPECT_EQ(refusal(id, {.command = {"true"}}), "Container " + id + " is not running");
  EXPECT_THROW(check_exec(store(), id, "name"), base::Error);
}

TEST_F(ExecTest, Capabilities) {
  const auto id = started();
  const auto capabilities = [&](bool privileged) {
    return exec_in(id, {.command = {"grep", "CapEff", "/proc/self/status"}, .privileged = privileged}).out;
  };
  EXPECT_EQ(capabilities(false), run(description({"grep", "CapEff", "/proc/self/status"})).out);
  EXPECT_NE(capabilities(true), capabilities(false));
}

TEST_F(ExecTest, ATerminal) {
  const auto id = started();
  const auto result =
      exec_in(id, {.command = {"sh", "-c", "[ -t 0 ] && [ -t 1 ] && echo $TERM; exit 4"}, .terminal = true});
  EXPECT_EQ(result.out, "xterm\r\n");
  EXPECT_EQ(result.exit_code, 4);
}

TEST_F(ExecTest, ADetachedOneGoesOnAndLeavesNothing) {
  const auto id = started();
  exec_detached(store(), id, {.command = {"sh", "-c", "echo lost; sleep 0.3; touch /done"}});
  EXPECT_EQ(sessions(id).size(), 1U);
  EXPECT_TRUE(holds_soon([&] { return base::fs::exists(folder_.path() / "root/containers" / id / "upper/done"); }));
  EXPECT_TRUE(holds_soon([&] { return sessions(id).empty(); }));
  EXPECT_THROW(exec_detached(store(), id, {.command = {"nosuch"}}), base::Error);
  EXPECT_TRUE(sessions(id).empty());
}

TEST_F(ExecTest, OneWhoseDavitDiesGoesOnAndItsFolderGoesWithTheNext) {
  const auto id = started();
  auto other_davit = other("exec", id, {}, "touch /begun; sleep 0.5; touch /done");
  const auto upper = folder_.path() / "root/containers" / id / "upper";
  ASSERT_TRUE(holds_soon([&] { return base::fs::exists(upper / "begun"); }));
  other_davit.signal(SIGKILL);
  other_davit.wait();
  EXPECT_EQ(sessions(id).size(), 1U);
  EXPECT_TRUE(holds_soon([&] { return base::fs::exists(upper / "done"); }));
  EXPECT_TRUE(holds_soon([&] { return exec_in(id, "true").exit_code == 0 && sessions(id).empty(); }));
}

TEST_F(ExecTest, EndsWithTheContainer) {
  const auto id = started();
  std::thread stopper([&] {
    holds_soon([&] { return base::fs::exists(folder_.path() / "root/containers" / id / "upper/begun"); });
    other("remove", id).wait();
  });
  EXPECT_EQ(exec_in(id, "touch /begun; sleep 600").exit_code, 137);
  stopper.join();
}

TEST_F(ExecTest, ManyAtOnce) {
  const auto id = started();
  std::vector<base::Child> children;
  for (int i = 0; i < 8; ++i) children.push_back(other("exec", id, {}, "exit " + std::to_string(i)));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(children[static_cast<std::size_t>(i)].wait().code, i);
  EXPECT_TRUE(sessions(id).empty());
}

}  // namespace
}  // namespace davit::container
