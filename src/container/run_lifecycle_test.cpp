// What a container gets and how it lives, by real ones.

#include <csignal>

#include <gmock/gmock.h>

#include "base/error.h"
#include "container/run_testing.h"
#include "container/stop.h"
#include "runtime/oci_message.h"

namespace davit::container {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

TEST_F(RunTest, ProgramsExitCodeIsTheRunsExitCode) {
  const auto result = run(shell("echo to out; echo to err >&2; exit 3"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "to out\n");
  EXPECT_EQ(result.err, "to err\n");
}

TEST_F(RunTest, EndIsRecorded) {
  const auto id = store_->create(shell("exit 4")).id();
  EXPECT_EQ(attach(id).exit_code, 4);
  const auto container = store_->get(id);
  EXPECT_EQ(container.state.status, Status::kExited);
  EXPECT_EQ(container.state.exit_code, 4);
  EXPECT_TRUE(container.state.started && container.state.finished);
  EXPECT_EQ(container.state.error, "");
}

TEST_F(RunTest, StartsAgainWithWhatItWroteBefore) {
  const auto id = store_->create(shell("if [ -e /mark ]; then exit 8; fi; touch /mark")).id();
  EXPECT_EQ(attach(id).exit_code, 0);
  EXPECT_EQ(attach(id).exit_code, 8);
}

TEST_F(RunTest, AutoRemoveLeavesNothing) {
  auto wanted = shell("exit 5");
  wanted.auto_remove = true;
  EXPECT_EQ(run(wanted).exit_code, 5);
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, ProgramSeesDockersDefaults) {
  auto wanted = shell(
      "id -u; id -G; hostname; grep CapEff /proc/self/status; grep Seccomp: /proc/self/status; cat /etc/hostname; env");
  wanted.hostname = "box";
  wanted.env = {"A=1", "A=2", "EMPTY="};
  const auto out = run(wanted).out;
  EXPECT_THAT(out, StartsWith("0\n0 10\nbox\nCapEff:\t00000000a80425fb\n"));
  for (const char* line : {"\nbox\n", "\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
                           "\nHOSTNAME=box\n", "\nA=2\n", "\nEMPTY=\n", "\nHOME=/root\n"}) {
    EXPECT_THAT(out, HasSubstr(line));
  }
}

TEST_F(RunTest, UserIsLookedUpInItsOwnFiles) {
  auto wanted = shell("id -u; id -g; id -G; env | grep HOME; grep CapEff /proc/self/status");
  wanted.user = "app";
  EXPECT_EQ(run(wanted).out, "1000\n1001\n1001 1002\nHOME=/home/app\nCapEff:\t0000000000000000\n");
}

TEST_F(RunTest, UnknownUserIsRefusedInDockersWords) {
  auto wanted = shell("true");
  wanted.user = "nosuch";
  wanted.auto_remove = true;
  EXPECT_EQ(message_of([&] { run(wanted); }), "unable to find user nosuch: no matching entries in passwd file");
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, WithoutNetworkThereIsLoopbackAlone) {
  EXPECT_THAT(run(shell("ip -o link | wc -l; ip -o link")).out, AllOf(StartsWith("1\n"), HasSubstr("LOOPBACK,UP")));
}

TEST_F(RunTest, HostNetworkIsOurs) {
  auto wanted = shell("stat -L -c %i /proc/self/ns/net");
  wanted.network = "host";
  EXPECT_EQ(run(wanted).out, std::to_string(base::fs::File::open("/proc/self/ns/net").status().st_ino) + "\n");
}

TEST_F(RunTest, VolumesAreHostFolders) {
  const auto host = folder_.path() / "missing" / "volume";
  auto wanted = shell("echo data > /data/file; touch /ro/x 2>/dev/null; echo $?");
  wanted.mounts = {{.source = host, .target = "/data"},
                   {.source = folder_.path().string(), .target = "/ro", .read_only = true}};
  EXPECT_EQ(run(wanted).out, "1\n");
  EXPECT_EQ(base::fs::read_file(host / "file"), "data\n");
}

TEST_F(RunTest, ProgramThatCannotRunGivesDockersWordsAndCodes) {
  const std::string prefix =
      "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ";
  struct Row {
    const char* program;
    std::string message;
    int exit_code;
  };
  for (const auto& row : {
           Row{"nosuch", "exec: \"nosuch\": executable file not found in $PATH: unknown", 127},
           Row{"/bin/nosuch/x", "exec: \"/bin/nosuch/x\": stat /bin/nosuch/x: no such file or directory: unknown", 127},
           Row{"/etc", "exec: \"/etc\": permission denied: unknown", 126},
           Row{"/", "exec: \"/\": permission denied: unknown", 126},
       }) {
    auto wanted = description({row.program});
    const auto id = store_->create(wanted).id();
    const auto message = message_of([&] { attach(id); });
    EXPECT_EQ(message, prefix + row.message);
    EXPECT_EQ(runtime::exit_code_of_failed_start(message), row.exit_code);
    const auto state = store_->get(id).state;
    EXPECT_EQ(state.status, Status::kCreated);
    EXPECT_EQ(state.exit_code, row.exit_code);
    store_->remove(id);
    EXPECT_THAT(remains(), IsEmpty());
  }
}

TEST_F(RunTest, DetachedContainerIsRecordedByConmonsExitCommand) {
  const auto id = store_->create(shell("sleep 0.2; exit 6")).id();
  store_->start(id);
  EXPECT_TRUE(store_->get(id).running());
  ASSERT_TRUE(eventually([&] { return stored_state(id).status == Status::kExited; }));
  EXPECT_EQ(stored_state(id).exit_code, 6);
}

TEST_F(RunTest, StopSendsTheStopSignalFirst) {
  auto wanted = shell("trap 'exit 9' USR1; touch /ready; while :; do sleep 0.05; done");
  wanted.stop_signal = "USR1";
  const auto id = store_->create(wanted).id();
  store_->start(id);
  ASSERT_TRUE(eventually([&] { return base::fs::exists(folder_.path() / "root/containers" / id / "upper/ready"); }));
  stop(*store_, id);
  EXPECT_EQ(store_->get(id).state.exit_code, 9);
  stop(*store_, id);  // nothing to do
}

TEST_F(RunTest, StopKillsWhatDoesNotObey) {
  const auto id = store_->create(shell("trap '' TERM; sleep 600")).id();
  store_->start(id);
  stop(*store_, id, {.timeout = std::chrono::seconds(0)});
  EXPECT_EQ(store_->get(id).state.exit_code, 137);
  EXPECT_EQ(store_->get(id).state.error, "");
}

TEST_F(RunTest, RunningContainerIsRemovedByForceAlone) {
  const auto id = store_->create(shell("sleep 600")).id();
  store_->start(id);
  EXPECT_EQ(
      message_of([&] { store_->remove(id); }),
      "You cannot remove a running container " + id + ". Stop the container before attempting removal or force remove");
  store_->remove(id, true);
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, ManyAtOnceGetTheirOwnExitCodes) {
  std::vector<base::Child> children;
  for (int i = 0; i < 8; ++i) {
    auto wanted = shell("exit " + std::to_string(i));
    wanted.auto_remove = true;
    children.push_back(other("run", store_->create(wanted).id()));
  }
  for (int i = 0; i < 8; ++i) EXPECT_EQ(children[static_cast<std::size_t>(i)].wait().code, i);
  EXPECT_THAT(remains(), IsEmpty());
}

}  // namespace
}  // namespace davit::container
