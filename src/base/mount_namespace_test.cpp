#include "base/mount_namespace.h"

#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "tests/testing/elsewhere.h"

namespace davit::base {
namespace {

using test::Elsewhere;

TEST(MountNamespaceTest, AThreadMayBeInAnotherThanItsProcess) {
  const auto here = MountNamespace::current();
  EXPECT_EQ(here, MountNamespace::current());
  std::jthread([&] {
    fs::enter_private_mount_namespace();
    EXPECT_NE(MountNamespace::current(), here);
  }).join();
}

TEST(MountNamespaceTest, IsFoundByAHintOrByAnyProcessInIt) {
  Elsewhere other;
  EXPECT_TRUE(other.id().open({1, other.pid()}));
  EXPECT_TRUE(other.id().open());
  EXPECT_TRUE(other.id().open({999999999}));
}

TEST(MountNamespaceTest, IsGoneWithItsLastProcessAndWithTheBoot) {
  Elsewhere other;
  auto id = other.id();
  id.boot_id = "another";
  EXPECT_FALSE(id.open({other.pid()}));
  other.end();
  EXPECT_FALSE(other.id().open({other.pid()}));
}

TEST(MountNamespaceTest, WorkIsDoneInItAndItsErrorsComeOut) {
  const fs::TemporaryDirectory folder(testing::TempDir());
  Elsewhere other;
  const auto opened = other.id().open();
  ASSERT_TRUE(opened);
  run_in(*opened, [&] {
    EXPECT_EQ(MountNamespace::current(), other.id());
    std::jthread([&] { EXPECT_EQ(MountNamespace::current(), other.id()); }).join();
    fs::attach_mount(fs::open_bind(folder.path()), folder.path());
    EXPECT_TRUE(fs::is_mount_point(folder.path()));
  });
  EXPECT_FALSE(fs::is_mount_point(folder.path()));
  EXPECT_NE(MountNamespace::current(), other.id());
  EXPECT_THROW(run_in(*opened, [] { throw Error(Code::kConflict, "mine"); }), Error);
}

TEST(MountNamespaceTest, TheWorkingDirectoryOfTheOthersStays) {
  const auto before = std::filesystem::current_path();
  Elsewhere other;
  run_in(*other.id().open(), [] { ASSERT_EQ(::chdir("/proc"), 0); });
  EXPECT_EQ(std::filesystem::current_path(), before);
}

}  // namespace
}  // namespace davit::base
