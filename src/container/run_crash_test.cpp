// Deaths: of davit at any point, of conmon, of the init. The next command puts things right.

#include <csignal>
#include <thread>

#include <gmock/gmock.h>

#include "container/run_testing.h"

namespace davit::container {
namespace {

using ::testing::IsEmpty;

TEST_F(RunTest, ContainerWhoseMonitorDiedIsEndedAndSaysWhy) {
  const auto id = store_->create(shell("sleep 600")).id();
  store_->start(id);
  const auto processes = store_->get(id).state;
  processes.conmon->signal(SIGKILL);
  ASSERT_TRUE(processes.conmon->wait_gone(std::chrono::seconds(10)));

  const auto container = store_->get(id);
  EXPECT_EQ(container.state.status, Status::kExited);
  EXPECT_EQ(container.state.exit_code, 137);
  EXPECT_EQ(container.state.error, "conmon, the container's monitor, ended before it");
  EXPECT_FALSE(processes.init->alive());
  store_->remove(id);
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, ForegroundRunEndsWhenTheMonitorDies) {
  auto wanted = shell("sleep 600");
  wanted.auto_remove = true;
  const auto id = store_->create(wanted).id();
  auto runner = other("run", id);
  State state;
  for (int i = 0; i < 2000 && state.status != Status::kRunning; ++i) {
    state = stored_state(id);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_EQ(state.status, Status::kRunning);
  state.conmon->signal(SIGKILL);
  EXPECT_EQ(runner.wait().code, 137);
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, KilledInitIsAnExitOf137) {
  const auto id = store_->create(shell("sleep 600")).id();
  store_->start(id);
  const auto init = *store_->get(id).state.init;
  init.signal(SIGKILL);
  ASSERT_TRUE(init.wait_gone(std::chrono::seconds(10)));
  // conmon's own call may be recording it just now: until it has, the stored state is what there is.
  for (int i = 0; i < 2000 && store_->get(id).state.status == Status::kRunning; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(store_->get(id).state.exit_code, 137);
}

TEST_F(RunTest, ContainerOutlivesTheDavitThatRanIt) {
  const auto id = store_->create(shell("sleep 0.5; exit 3")).id();
  auto runner = other("run", id);
  for (int i = 0; i < 2000 && stored_state(id).status != Status::kRunning; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  runner.signal(SIGKILL);
  runner.wait();
  EXPECT_TRUE(store_->get(id).running());
  for (int i = 0; i < 2000 && stored_state(id).status != Status::kExited; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(stored_state(id).exit_code, 3);
}

TEST_F(RunTest, AnotherBootsContainerIsExited) {
  const auto id = store_->create(shell("sleep 600")).id();
  store_->start(id);
  auto state = store_->get(id).state;
  const auto real = state;
  state.init->boot_id = state.conmon->boot_id = "00000000-0000-0000-0000-000000000000";
  base::fs::write_file(folder_.path() / "root/containers" / id / "state.json", to_json(state));
  const auto container = store_->get(id);
  EXPECT_EQ(container.state.status, Status::kExited);
  EXPECT_EQ(container.state.exit_code, 137);
  EXPECT_EQ(container.state.error, "the machine was restarted");
}

// Kills a davit at each of its file-changing calls during a start, in turn.
TEST_F(RunTest, StartKilledAtAnyPointIsUndoneOrComplete) {
  store_->runtime_choice();  // the probe is not what is swept here
  int undone = 0;
  bool killed = true;
  for (int point = 1; killed; ++point) {
    ASSERT_LT(point, 300);
    const auto id = store_->create(shell("sleep 600")).id();
    const auto status = other("start", id, {{"DAVIT_FAULT", std::to_string(point) + ":kill"}}).wait();
    killed = status.signal == SIGKILL;
    const auto container = store_->get(id);
    if (!container.running()) {
      ++undone;
      EXPECT_EQ(container.state.status, Status::kCreated) << "killed at call " << point;
      store_->start(id);  // and it starts
    }
    store_->remove(id, true);
    ASSERT_THAT(remains(), IsEmpty()) << "killed at call " << point;
  }
  EXPECT_GT(undone, 10);
}

}  // namespace
}  // namespace davit::container
