#include "base/fs/replacement.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"

namespace davit::base::fs {
namespace {

class ReplacementTest : public testing::Test {
 protected:
  ~ReplacementTest() override { set_fault_hook({}); }
  void replace(std::string_view content) {
    Replacement replacement(path_);
    replacement.file().write(as_byte_view(content));
    replacement.commit();
  }
  TemporaryDirectory folder_{testing::TempDir()};
  const stdfs::path path_ = folder_.path() / "f";
};

TEST_F(ReplacementTest, TakesThePlaceOfTheFileAtTheEnd) {
  replace("one");
  EXPECT_EQ(read_file(path_), "one");
  EXPECT_EQ(File::open(path_).status().st_mode & 0777, 0600U);
  Replacement replacement(path_);
  replacement.file().write(as_byte_view("two"));
  EXPECT_EQ(read_file(path_), "one");
  replacement.commit();
  EXPECT_EQ(read_file(path_), "two");
  EXPECT_EQ(list(folder_.path()), std::vector<std::string>{"f"});
}

TEST_F(ReplacementTest, GivenUpItLeavesTheFileAndNothingBesideIt) {
  replace("old");
  {
    Replacement replacement(path_);
    replacement.file().write(as_byte_view("new"));
  }
  EXPECT_EQ(read_file(path_), "old");
  EXPECT_EQ(list(folder_.path()), std::vector<std::string>{"f"});
}

TEST_F(ReplacementTest, AFailureAtAnyCallLeavesTheOldContentOrTheNew) {
  replace("old");
  for (int n = 1;; ++n) {
    int calls = 0;
    set_fault_hook([&](Operation, std::string_view) { return ++calls == n ? ENOSPC : 0; });
    bool failed = false;
    try {
      replace("new");
    } catch (const Error& error) {
      failed = true;
      EXPECT_EQ(error.code(), Code::kNoSpace);
    }
    set_fault_hook({});
    if (!failed) {
      EXPECT_GT(n, 4);
      break;
    }
    const std::string content = read_file(path_);
    EXPECT_TRUE(content == "old" || content == "new");
    EXPECT_EQ(list(folder_.path()), std::vector<std::string>{"f"}) << "call " << n;
  }
}

}  // namespace
}  // namespace davit::base::fs
