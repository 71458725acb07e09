#include "layer/erofs_probe.h"

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "tests/testing/loop_devices.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using fs::Backing;

class ErofsProbeTest : public testing::Test {
 protected:
  void TearDown() override {
    fs::set_fault_hook({});
    while (fs::unmount(root_ / "erofs")) {
    }
  }
  void mount_tmpfs() { ASSERT_EQ(::mount("none", (root_ / "erofs").c_str(), "tmpfs", 0, nullptr), 0); }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path root_ = std::filesystem::canonical(folder_.path());
  const std::filesystem::path erofs_ = [this] {
    fs::make_directory(root_ / "erofs");
    return root_ / "erofs";
  }();
};

TEST_F(ErofsProbeTest, OnADiskPlainFilesAreMountedAndNothingIsLeft) {
  const std::string before = fs::read_file("/proc/self/mountinfo");
  const auto support = probe_erofs(erofs_);
  ASSERT_TRUE(support.backing) << support.reason;
  EXPECT_EQ(*support.backing, Backing::kFile) << support.reason;
  EXPECT_EQ(support.reason, "");
  EXPECT_TRUE(fs::list(erofs_).empty());
  EXPECT_EQ(fs::read_file("/proc/self/mountinfo"), before);
}

TEST_F(ErofsProbeTest, OnTmpfsLoopDevicesAre) {
  mount_tmpfs();
  const auto support = probe_erofs(erofs_);
  ASSERT_TRUE(support.backing) << support.reason;
  EXPECT_EQ(*support.backing, Backing::kLoop);
  EXPECT_NE(support.reason.find("mounts no plain file that lies on tmpfs"), std::string::npos) << support.reason;
  EXPECT_TRUE(fs::list(erofs_).empty());
  EXPECT_TRUE(test::loops_gone_soon(erofs_));
}

TEST_F(ErofsProbeTest, WhereNeitherWorksTheReasonsAreSaid) {
  std::jthread([&] {
    fs::enter_private_mount_namespace();
    mount_tmpfs();
    ASSERT_EQ(::mount("none", "/dev", "tmpfs", 0, nullptr), 0);
    const auto support = probe_erofs_once(erofs_);
    EXPECT_FALSE(support.backing);
    EXPECT_NE(support.reason.find("lies on tmpfs; there are no loop devices"), std::string::npos) << support.reason;
    const auto noted = probe_erofs_once(erofs_);
    EXPECT_FALSE(noted.backing);
    EXPECT_EQ(noted.reason, support.reason);
  }).join();
}

TEST_F(ErofsProbeTest, AKernelThatMountsNothingIsNoFailureOfTheProbe) {
  fs::set_fault_hook([](fs::Operation operation, std::string_view path) {
    return operation == fs::Operation::kMount && path.ends_with("/image") ? ENODEV : 0;
  });
  const auto support = probe_erofs(erofs_);
  EXPECT_FALSE(support.backing);
  EXPECT_FALSE(support.reason.empty());
  EXPECT_TRUE(fs::list(erofs_).empty());
}

TEST_F(ErofsProbeTest, WhoMayNotMountIsToldSo) {
  fs::set_fault_hook(
      [](fs::Operation operation, std::string_view) { return operation == fs::Operation::kMount ? EPERM : 0; });
  EXPECT_THROW((void)probe_erofs_once(erofs_), base::Error);
  EXPECT_TRUE(fs::list(erofs_).empty());
}

TEST_F(ErofsProbeTest, IsAskedOncePerBootAndFileSystem) {
  EXPECT_EQ(probe_erofs_once(erofs_).backing, Backing::kFile);
  int mounts = 0;
  fs::set_fault_hook([&](fs::Operation operation, std::string_view) {
    if (operation == fs::Operation::kMount) ++mounts;
    return 0;
  });
  EXPECT_EQ(probe_erofs_once(erofs_).backing, Backing::kFile);
  EXPECT_EQ(mounts, 0);
  // What is noted is what is answered, as long as the boot and the file system are the same.
  const std::string key = fs::read_file(erofs_ / "probed").substr(0, fs::read_file(erofs_ / "probed").find('\n') + 1);
  fs::write_file(erofs_ / "probed", key + "loop because\n");
  EXPECT_EQ(probe_erofs_once(erofs_).backing, Backing::kLoop);
  EXPECT_EQ(probe_erofs_once(erofs_).reason, "because");
  fs::write_file(erofs_ / "probed", "another-boot" + key.substr(key.find(' ')) + "loop because\n");
  EXPECT_EQ(probe_erofs_once(erofs_).backing, Backing::kFile);
  EXPECT_GT(mounts, 0);
}

TEST_F(ErofsProbeTest, WhatAProbeThatDiedHasLeftIsRemoved) {
  fs::make_directories(erofs_ / "probe-0123456789abcdef" / "place");
  fs::write_file(erofs_ / "probe-0123456789abcdef" / "image", "x");
  fs::write_file(erofs_ / "probing", "");
  EXPECT_TRUE(probe_erofs_once(erofs_).backing);
  EXPECT_EQ(fs::list(erofs_), std::vector<std::string>{"probed"});
}

}  // namespace
}  // namespace davit::layer
