#include "base/fs/usage.h"

#include <gtest/gtest.h>

#include "base/fs/paths.h"
#include "base/process.h"

namespace davit::base::fs {
namespace {

class UsageTest : public ::testing::Test {
 protected:
  const stdfs::path& root() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_{stdfs::temp_directory_path()};
};

TEST_F(UsageTest, CountsAsDuDoes) {
  make_directories(root() / "a/b");
  write_file(root() / "a/large", std::string(100'000, 'x'));
  write_file(root() / "a/b/empty", "");
  symbolic_link("target", root() / "link");
  const TreeUsage usage = measure_tree(root());
  EXPECT_EQ(usage.size, 100'006U);
  EXPECT_EQ(usage.entries, 5U);
  const auto du = run({.argv = {"du", "-s", "--block-size=1", root().string()}});
  EXPECT_EQ(usage.disk_bytes, std::stoull(du.out)) << du.err;
}

TEST_F(UsageTest, HardLinksCountOnce) {
  write_file(root() / "one", std::string(50'000, 'x'));
  const auto before = measure_tree(root());
  hard_link(root() / "one", root() / "two");
  const auto after = measure_tree(root());
  EXPECT_EQ(after.size, 50'000U);
  EXPECT_EQ(after.disk_bytes, before.disk_bytes);
  EXPECT_EQ(after.entries, 2U);
}

TEST_F(UsageTest, HolesTakeNothing) {
  File::open(root() / "sparse", {.access = Access::kWrite, .create = Create::kIfMissing}).truncate(10'000'000);
  EXPECT_EQ(measure_tree(root()).size, 10'000'000U);
  EXPECT_LT(measure_tree(root()).disk_bytes, 1'000'000U);
}

TEST_F(UsageTest, ATreeDeeperThanDescriptorsAndAMissingOne) {
  stdfs::path deep = root();
  for (int level = 0; level < 1200; ++level) deep /= "d";
  make_directories(deep);
  EXPECT_EQ(measure_tree(root()).entries, 1200U);
  EXPECT_EQ(measure_tree(root() / "missing").disk_bytes, 0U);
  EXPECT_EQ(disk_bytes_of(root() / "missing"), 0U);
}

}  // namespace
}  // namespace davit::base::fs
