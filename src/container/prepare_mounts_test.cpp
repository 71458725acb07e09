#include "container/prepare_mounts.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "container/host_propagation.h"

namespace davit::container {
namespace {

namespace fs = base::fs;
using Texts = std::vector<std::string>;

TEST(TmpfsOptions, AreDockersWithWhatWasAsked) {
  EXPECT_EQ(tmpfs_options({.kind = MountKind::kTmpfs}), (Texts{"noexec", "nosuid", "nodev"}));
  EXPECT_EQ(tmpfs_options({.options = "exec,size=1m,mode=700"}),
            (Texts{"nosuid", "nodev", "exec", "size=1m", "mode=700"}));
  EXPECT_EQ(tmpfs_options({.options = "size=1m,size=2m"}), (Texts{"noexec", "nosuid", "nodev", "size=2m"}));
  EXPECT_EQ(tmpfs_options({.read_only = true, .size = 65536, .permissions = 01770}),
            (Texts{"noexec", "nosuid", "nodev", "ro", "mode=1770", "size=65536"}));
}

TEST(TmpfsOptions, WhatIsNoneIsRefusedByName) {
  for (const char* option : {"nosuch", "size", "nosuch=1", "data=x", "mode"}) {
    try {
      tmpfs_options({.options = option});
      ADD_FAILURE() << option;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.message(), "Invalid tmpfs option [\"" + std::string(option) + "\"]");
    }
  }
}

runtime::Mount at(const char* target) { return {target, "bind", "/x", {}}; }

Texts targets(const std::vector<runtime::Mount>& mounts) {
  Texts found;
  for (const auto& mount : mounts) found.push_back(mount.target.string());
  return found;
}

TEST(WithMounts, WhatIsAskedTakesThePlaceOfDavitsOwn) {
  const std::vector<runtime::Mount> own = {at("/proc"), at("/dev"), at("/dev/pts"), at("/dev/shm"), at("/etc/hosts")};
  EXPECT_EQ(targets(with_mounts(own, {at("/x")})),
            (Texts{"/proc", "/dev", "/dev/pts", "/dev/shm", "/etc/hosts", "/x"}));
  EXPECT_EQ(targets(with_mounts(own, {at("/etc/hosts"), at("/dev/shm")})),
            (Texts{"/proc", "/dev", "/dev/pts", "/etc/hosts", "/dev/shm"}));
  EXPECT_EQ(targets(with_mounts(own, {at("/dev")})), (Texts{"/proc", "/etc/hosts", "/dev"}));
}

class PrepareMountsTest : public ::testing::Test {
 protected:
  fs::TemporaryDirectory folder_{::testing::TempDir()};
  VolumeStore volumes_{folder_.path()};
  fs::Directory root_ = fs::Directory::open(folder_.path());

  PreparedMounts prepare(const Description& description) {
    const auto lock = volumes_.lock(base::FileLock::Mode::kShared);
    return prepare_mounts(description, {.volumes = volumes_, .staging = folder_.path() / "mounts", .root = root_});
  }
};

TEST_F(PrepareMountsTest, AMissingSourceIsMadeOrRefused) {
  const std::string missing = folder_.path() / "made/deep";
  Description description;
  description.mounts = {{.source = missing, .target = "/x", .source_must_exist = true}};
  try {
    prepare(description);
    ADD_FAILURE() << "it was taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "invalid mount config for type \"bind\": bind source path does not exist: " + missing);
  }
  EXPECT_THROW(check_mounts(description), base::Error);

  description.mounts[0].source_must_exist = false;
  EXPECT_NO_THROW(check_mounts(description));
  EXPECT_EQ(prepare(description).mounts[0].options, (Texts{"rbind", "rprivate"}));
  EXPECT_TRUE(fs::is_directory(missing));
}

TEST_F(PrepareMountsTest, WhatLiesInAnotherComesAfterIt) {
  const std::string host = folder_.path();
  Description description;
  description.mounts = {{.source = host, .target = "/a/b/c"},
                        {.kind = MountKind::kTmpfs, .target = "/z"},
                        {.source = host, .target = "/a/b"},
                        {.source = host, .target = "/a"}};
  EXPECT_EQ(targets(prepare(description).mounts), (Texts{"/z", "/a", "/a/b", "/a/b/c"}));
}

TEST_F(PrepareMountsTest, OptionsOfABind) {
  const std::string host = folder_.path();
  Description description;
  description.mounts = {
      {.source = host, .target = "/a", .read_only = true, .propagation = "private", .recursive = false},
      {.source = host, .target = "/b", .read_only = true, .recursive_read_only = true}};
  const auto mounts = prepare(description).mounts;
  EXPECT_EQ(mounts[0].options, (Texts{"bind", "private", "ro"}));
  EXPECT_EQ(mounts[1].options, (Texts{"rbind", "rprivate", "ro", "rro"}));
}

TEST(CheckMounts, ProcIsTheKernels) {
  const auto refusal = [](MountPoint mount) -> std::string {
    Description description;
    description.mounts = {std::move(mount)};
    try {
      check_mounts(description);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "taken";
  };
  EXPECT_EQ(
      refusal({.source = "/tmp", .target = "/proc"}),
      "error mounting \"/tmp\" to rootfs at \"/proc\": \"/proc\" cannot be mounted because it is not of type proc");
  EXPECT_EQ(
      refusal({.kind = MountKind::kTmpfs, .target = "/proc/x"}),
      "error mounting \"tmpfs\" to rootfs at \"/proc/x\": \"/proc/x\" cannot be mounted because it is inside /proc");
  EXPECT_EQ(refusal({.source = "/proc", .target = "/proc"}), "taken");
  EXPECT_EQ(refusal({.source = "/tmp", .target = "/proc/meminfo"}), "taken");
  EXPECT_EQ(refusal({.source = "/tmp", .target = "/process"}), "taken");
}

TEST_F(PrepareMountsTest, AVolumeIsItsDataFolder) {
  Description description;
  description.mounts = {{.kind = MountKind::kVolume, .source = "v1", .target = "/v"}};
  EXPECT_EQ(prepare(description).mounts[0].source, volumes_.data("v1").string());
  EXPECT_TRUE(volumes_.find("v1"));
}

// A mountinfo with / shared, /s a slave of it, /p private, and names with blanks.
constexpr std::string_view kMountInfo =
    "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "22 21 8:2 / /s rw,relatime master:1 - ext4 /dev/sda2 rw\n"
    "23 21 8:3 / /p rw,relatime - ext4 /dev/sda3 rw\n"
    "24 21 8:4 / /with\\040blank rw,relatime - ext4 /dev/sda4 rw\n"
    "25 23 8:5 / /p/both rw,relatime shared:2 master:1 - ext4 /dev/sda5 rw\n";

std::string propagation_refusal(std::string_view propagation, const std::string& path) {
  try {
    require_propagation(propagation, path, path, kMountInfo);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "taken";
}

TEST(HostPropagation, SharedNeedsASharedMount) {
  EXPECT_EQ(propagation_refusal("rshared", "/x"), "taken");
  EXPECT_EQ(propagation_refusal("shared", "/sx"), "taken");
  EXPECT_EQ(propagation_refusal("shared", "/p/both/x"), "taken");
  EXPECT_EQ(propagation_refusal("shared", "/p/x"), "path /p/x is mounted on /p but it is not a shared mount");
  EXPECT_EQ(propagation_refusal("rshared", "/s"), "path /s is mounted on /s but it is not a shared mount");
}

TEST(HostPropagation, SlaveNeedsASharedOrASlaveMount) {
  EXPECT_EQ(propagation_refusal("rslave", "/x"), "taken");
  EXPECT_EQ(propagation_refusal("slave", "/s/x"), "taken");
  EXPECT_EQ(propagation_refusal("slave", "/with blank/x"),
            "path /with blank/x is mounted on /with blank but it is not a shared or slave mount");
}

TEST(HostPropagation, PrivateNeedsNothing) {
  EXPECT_EQ(propagation_refusal("rprivate", "/p"), "taken");
  EXPECT_EQ(propagation_refusal("private", "/s"), "taken");
}

}  // namespace
}  // namespace davit::container
