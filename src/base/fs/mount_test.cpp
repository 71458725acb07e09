#include "base/fs/mount.h"

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/loop.h"
#include "base/fs/mount_calls.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/mount_namespace.h"
#include "tests/testing/child_process.h"
#include "tests/testing/loop_devices.h"

namespace davit::base::fs {
namespace {

class MountTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"upper", "work", "target"}) make_directory(root_ / name);
  }
  void TearDown() override {
    while (unmount(root_ / "target")) {
    }
  }

  // Folders of one file each, that file named by the folder and all having the file "same".
  OverlayMount overlay(int lowers, const std::string& prefix = "l") {
    OverlayMount mount{.lower = {}, .upper = root_ / "upper", .work = root_ / "work", .target = root_ / "target"};
    for (int i = 0; i < lowers; ++i) {
      const auto folder = root_ / (prefix + std::to_string(i));
      make_directory(folder);
      write_file(folder / ("of-" + std::to_string(i)), "");
      write_file(folder / "same", std::to_string(i));
      mount.lower.push_back(folder);
    }
    return mount;
  }
  static std::string options_of(const std::string& target) {
    const std::string mounts = read_file("/proc/self/mounts");
    const auto at = mounts.find(" " + target + " ");
    return at == std::string::npos ? "" : mounts.substr(at, mounts.find('\n', at) - at);
  }

  TemporaryDirectory folder_{testing::TempDir()};
  stdfs::path root_ = stdfs::canonical(folder_.path());
};

TEST_F(MountTest, AnOverlayIsMadeUnattachedAndIsSeenWhereItIsAttached) {
  const auto mount = overlay(3);
  const auto opened = open_overlay(mount);
  EXPECT_FALSE(is_mount_point(mount.target));
  attach_mount(opened, mount.target);
  EXPECT_EQ(read_file(mount.target / "same"), "0");
  EXPECT_TRUE(fs::exists(mount.target / "of-2"));
  EXPECT_EQ(mount_id(opened), mount_id(mount.target));
  EXPECT_NE(mount_id(mount.target), mount_id(root_));
}

TEST_F(MountTest, AnOverlayThatNobodyAttachesLeavesNothing) {
  const std::string before = read_file("/proc/self/mountinfo");
  const auto mount = overlay(1);
  (void)open_overlay(mount);
  (void)open_overlay_by_short_names(mount);
  EXPECT_EQ(read_file("/proc/self/mountinfo"), before);
  EXPECT_TRUE(list(mount.target).empty());
}

TEST_F(MountTest, TheWayOfOlderKernelsMakesTheSameOverlay) {
  const auto mount = overlay(3);
  attach_mount(open_overlay_by_short_names(mount), mount.target);
  EXPECT_EQ(read_file(mount.target / "same"), "0");
  EXPECT_EQ(list(mount.target), (std::vector<std::string>{"of-0", "of-1", "of-2", "same"}));
  write_file(mount.target / "new", "1");
  EXPECT_EQ(read_file(mount.upper / "new"), "1");
}

TEST_F(MountTest, AReadOnlyOverlayIsReadOnlyEitherWay) {
  auto mount = overlay(2);
  mount.upper.clear();
  mount.work.clear();
  for (const bool by_context : {true, false}) {
    attach_mount(by_context ? open_overlay(mount) : open_overlay_by_short_names(mount), mount.target);
    EXPECT_EQ(read_file(mount.target / "same"), "0");
    EXPECT_THROW(write_file(mount.target / "new", ""), Error);
    EXPECT_TRUE(unmount(mount.target));
  }
}

TEST_F(MountTest, FiveHundredLowerFoldersFitEitherWay) {
  auto mount = overlay(500, std::string(60, 'x'));
  for (const bool by_context : {true, false}) {
    attach_mount(by_context ? open_overlay(mount) : open_overlay_by_short_names(mount), mount.target);
    EXPECT_TRUE(fs::exists(mount.target / "of-499"));
    EXPECT_TRUE(unmount(mount.target));
  }
}

TEST_F(MountTest, PathsOfAnyLengthAndFormAreTaken) {
  // Longer than what fsconfig(2) takes, and with what mount options split at or escape by.
  const stdfs::path deep = root_ / std::string(200, 'a') / "b,c:d\\e";
  for (const auto* name : {"lower", "upper", "work", "target"}) make_directories(deep / name);
  write_file(deep / "lower" / "file", "1");
  const OverlayMount mount{
      .lower = {deep / "lower"}, .upper = deep / "upper", .work = deep / "work", .target = deep / "target"};
  EXPECT_FALSE(open_overlay_by_context(mount));
  mount_overlay(mount);
  EXPECT_EQ(read_file(deep / "target" / "file"), "1");
  write_file(deep / "target" / "new", "2");
  EXPECT_EQ(read_file(deep / "upper" / "new"), "2");
  EXPECT_TRUE(unmount(deep / "target"));
  const stdfs::path odd = root_ / "b,c:d";
  for (const auto* name : {"lower", "upper", "work"}) make_directories(odd / name);
  write_file(odd / "lower" / "file", "3");
  attach_mount(
      open_overlay(
          {.lower = {odd / "lower"}, .upper = odd / "upper", .work = odd / "work", .target = root_ / "target"}),
      root_ / "target");
  EXPECT_EQ(read_file(root_ / "target" / "file"), "3");
}

TEST_F(MountTest, NothingButTheUpperFolderTellsWhatWasChanged) {
  auto mount = overlay(1);
  make_directory(mount.lower[0] / "folder");
  write_file(mount.lower[0] / "file", "content");
  for (const bool by_context : {true, false}) {
    attach_mount(by_context ? open_overlay(mount) : open_overlay_by_short_names(mount), mount.target);
    const std::string options = options_of(mount.target);
    for (const auto* option : {"redirect_dir=on", "metacopy=on", "index=on"})
      EXPECT_EQ(options.find(option), std::string::npos) << options;
    // A folder of a lower layer is not renamed by a redirect, a change of attributes copies the data too.
    EXPECT_THROW(fs::rename(mount.target / "folder", mount.target / "other"), Error);
    Directory::open(mount.target).set_mode("file", 0640);
    EXPECT_EQ(read_file(mount.upper / "file"), "content");
    fs::remove(mount.target / "file");
    EXPECT_TRUE(unmount(mount.target));
    remove_tree(mount.upper);
    make_directory(mount.upper);
    remove_tree(mount.work);
    make_directory(mount.work);
  }
}

TEST_F(MountTest, AMountMadeElsewhereIsAttachedHere) {
  const auto mount = overlay(1);
  FileDescriptor opened;
  std::jthread([&] {
    enter_private_mount_namespace();
    opened = open_overlay(mount);
  }).join();
  attach_mount(opened, mount.target);
  EXPECT_EQ(read_file(mount.target / "same"), "0");
}

TEST_F(MountTest, AFileSystemThatCannotCarryAnUpperFolderIsNamed) {
  auto mount = overlay(1);
  mount_overlay(mount);
  for (const auto* name : {"u", "w"}) make_directory(mount.target / name);
  make_directory(root_ / "t");
  const OverlayMount second{
      .lower = mount.lower, .upper = mount.target / "u", .work = mount.target / "w", .target = root_ / "t"};
  for (const bool by_context : {true, false}) {
    try {
      (void)(by_context ? open_overlay(second) : open_overlay_by_short_names(second));
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::kNotSupported);
      EXPECT_NE(e.message().find(second.upper.string() + " (overlay) cannot carry"), std::string::npos) << e.message();
    }
  }
}

TEST_F(MountTest, WhatIsMissingIsNamed) {
  auto mount = overlay(1);
  mount.lower.push_back(root_ / "missing");
  try {
    mount_overlay(mount);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_NE(e.message().find("missing"), std::string::npos) << e.message();
  }
  mount.lower.pop_back();
  mount.target = root_ / "no-target";
  EXPECT_THROW(mount_overlay(mount), Error);
  EXPECT_FALSE(unmount(root_ / "no-target"));
}

TEST_F(MountTest, ATmpfsIsEmptyAndItsOwn) {
  write_file(root_ / "target" / "below", "");
  attach_mount(open_tmpfs(root_ / "target"), root_ / "target");
  EXPECT_TRUE(list(root_ / "target").empty());
  EXPECT_EQ(filesystem_type(root_ / "target"), "tmpfs");
  make_directory(root_ / "target" / "inside");
  EXPECT_TRUE(unmount(root_ / "target"));
  EXPECT_EQ(list(root_ / "target"), std::vector<std::string>{"below"});
}

TEST_F(MountTest, APrivateBindKeepsWhatIsMountedInItFromOthers) {
  const stdfs::path shared = root_ / "shared";
  for (const auto& folder : {shared / "place" / "inner", shared / "outer"}) make_directories(folder);
  attach_mount(open_bind(shared), shared);
  ASSERT_EQ(::mount(nullptr, shared.c_str(), nullptr, MS_SHARED, nullptr), 0);
  FileDescriptor other;
  std::jthread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);  // a peer of ours in the shared folder
    other = File::open("/proc/thread-self/ns/mnt").take_fd();
  }).join();
  attach_mount(open_bind(shared / "place"), shared / "place");
  make_mount_private(shared / "place");
  attach_mount(open_bind(shared / "outer"), shared / "place" / "inner");
  attach_mount(open_bind(shared / "outer"), shared / "outer");
  run_in(other, [&] {
    EXPECT_TRUE(is_mount_point(shared / "outer"));  // the other does see what is mounted in the shared one
    EXPECT_FALSE(is_mount_point(shared / "place" / "inner"));
  });
  EXPECT_TRUE(is_mount_point(shared / "place" / "inner"));
  EXPECT_TRUE(unmount(shared));
}

TEST_F(MountTest, EveryCallThatMountsPassesTheSeam) {
  const auto mount = overlay(1);
  make_directory(root_ / "bind");
  const auto all = [&] {
    mount_overlay(mount);
    attach_mount(open_bind(root_ / "bind"), root_ / "bind");
    make_mount_private(root_ / "bind");
    unmount(root_ / "bind");
    unmount(mount.target);
  };
  int mounts = 0;
  int unmounts = 0;
  set_fault_hook([&](Operation operation, std::string_view) {
    if (operation == Operation::kMount) ++mounts;
    if (operation == Operation::kUnmount) ++unmounts;
    return 0;
  });
  all();
  EXPECT_EQ(mounts, 5);
  EXPECT_EQ(unmounts, 2);
  set_fault_hook([](Operation operation, std::string_view) { return operation == Operation::kMount ? EIO : 0; });
  EXPECT_THROW(mount_overlay(mount), Error);
  EXPECT_THROW((void)open_bind(root_ / "bind"), Error);
  EXPECT_THROW((void)LoopDevice::attach(root_ / "l0" / "same"), Error);
  EXPECT_THROW((void)open_erofs({.image = root_ / "l0" / "same", .devices = {}}), Error);
  set_fault_hook({});
}

using test::loops_gone_soon;
using test::loops_over;

TEST_F(MountTest, ALoopDeviceShowsItsFileAndGoesWithIt) {
  const auto file = root_ / "file";
  write_file(file, std::string(1024, 'x') + std::string(512, 'y'));
  {
    const auto device = LoopDevice::attach(file);
    EXPECT_EQ(loops_over(file), std::vector<std::string>{device.path().string()});
    const File opened = File::open(device.path());
    std::string content(1536, '\0');
    opened.read_at(std::as_writable_bytes(std::span(content)), 0);
    EXPECT_EQ(content, read_file(file));
    EXPECT_THROW(File::open(device.path(), {.access = Access::kWrite}).write(as_byte_view(std::string(512, 'z'))),
                 Error);
  }
  EXPECT_TRUE(loops_gone_soon(file));
  EXPECT_EQ(read_file(file).front(), 'x');
}

TEST_F(MountTest, ALoopDeviceGoesWithItsProcess) {
  const auto file = root_ / "file";
  write_file(file, std::string(512, 'x'));
  const int status = test::wait_for(test::start_child([&] {
    const auto device = LoopDevice::attach(file);
    ::raise(SIGKILL);
    return 0;
  }));
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(loops_gone_soon(file));
}

TEST_F(MountTest, LoopDevicesAreFoundByManyAtOnce) {
  const auto file = root_ / "file";
  write_file(file, std::string(512, 'x'));
  const auto statuses = test::in_processes(6, [&](int) {
    for (int i = 0; i < 20; ++i) (void)LoopDevice::attach(file);
    return 0;
  });
  for (const int status : statuses) EXPECT_EQ(status, 0);
  EXPECT_TRUE(loops_gone_soon(file));
}

TEST_F(MountTest, AFileOfNoWholeSectorsIsNoLoopDevice) {
  write_file(root_ / "file", "x");
  EXPECT_THROW((void)LoopDevice::attach(root_ / "file"), Error);
}

TEST_F(MountTest, ALoopDeviceMayBeWithoutItsFilesLastBytes) {
  const auto file = root_ / "file";
  write_file(file, std::string(1024, 'x') + "tail");
  const auto device = LoopDevice::attach(file, LoopDevice::Tail::kMissing);
  std::string content(2048, '\0');
  content.resize(File::open(device.path()).read_at(std::as_writable_bytes(std::span(content)), 0));
  EXPECT_EQ(content, std::string(1024, 'x'));
}

TEST_F(MountTest, WithoutLoopControlTheErrorSaysSo) {
  write_file(root_ / "file", std::string(512, 'x'));
  std::jthread([&] {
    enter_private_mount_namespace();
    ASSERT_EQ(::mount("none", "/dev", "tmpfs", 0, nullptr), 0);
    try {
      (void)LoopDevice::attach(root_ / "file");
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::kNotSupported);
      EXPECT_NE(e.message().find("/dev/loop-control is missing"), std::string::npos) << e.message();
    }
  }).join();
}

TEST_F(MountTest, WhyAKernelRefusesAnErofsImageIsSaid) {
  EXPECT_EQ(erofs_refusal(ENODEV, "6.1.0-13-amd64", "ext4"), "this kernel (6.1.0-13-amd64) has no EROFS");
  EXPECT_NE(erofs_refusal(EINVAL, "6.1.0-13-amd64", "ext4").find("Linux 6.4 knows smaller"), std::string::npos);
  EXPECT_EQ(erofs_refusal(EINVAL, "6.4.0", "ext4"), "");
  EXPECT_NE(erofs_refusal(ENOTBLK, "6.11.2", "ext4").find("Linux 6.12 does"), std::string::npos);
  EXPECT_EQ(erofs_refusal(ENOTBLK, "6.12.1", "tmpfs"), "this kernel (6.12.1) mounts no plain file that lies on tmpfs");
  EXPECT_EQ(erofs_refusal(EIO, "6.1.0", "ext4"), "");
}

}  // namespace
}  // namespace davit::base::fs
