// Many processes at once, and failures and deaths at every call.

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"
#include "store/image_store.h"
#include "store/made_up_images.h"

namespace davit::store {
namespace {

namespace fs = base::fs;
using std::filesystem::path;

class ImageStoreProcesses : public ::testing::Test {
 protected:
  void SetUp() override { fs::make_directory(root_); }
  void TearDown() override { fs::set_fault_hook({}); }
  ImageStore open() const { return ImageStore({root_, {}}); }

  fs::TemporaryDirectory folder_{testing::TempDir(), "image-store-test-"};
  path root_ = folder_.path() / "store";
};

TEST_F(ImageStoreProcesses, EightProcessesAtOnceLoseNothing) {
  {
    ImageStore store = open();
    for (int i = 0; i < 8; ++i) store.add_image(image(std::to_string(i)));
  }
  constexpr int kRounds = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        ImageStore store = open();
        const std::string mine = "own:" + std::to_string(i);
        for (int round = 0; round < kRounds; ++round) {
          store.set_tag(tag(mine, std::to_string((i + round) % 8)), "tag");
          store.set_tag(tag("shared:1", std::to_string((i + round) % 8)), "tag");
          if (round % 3 == 2) store.remove_tag(reference(mine), "rmi");
        }
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  ImageStore store = open();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(store.history(reference("own:" + std::to_string(i))).size(), 8U);
  // Each move of the shared tag begins where the one before ended.
  const auto shared = store.history(reference("shared:1"));
  EXPECT_GT(shared.size(), 8U);
  for (std::size_t i = 0; i + 1 < shared.size(); ++i) EXPECT_EQ(shared[i].from_image, shared[i + 1].to_image);
  const std::string before = dump(store);
  store.rebuild_index();
  EXPECT_EQ(dump(store), before);
}

// Overwrites a tag by a new image: what a pull does at its end.
void overwrite(const path& root) {
  ImageStore store({root, {}});
  store.add_image(image("new"));
  store.set_tag(tag("app:1", "new"), "pull");
}

class ImageStoreFaults : public ImageStoreProcesses {
 protected:
  path fresh(const std::string& name) const {
    const path root = folder_.path() / name;
    fs::make_directory(root);
    ImageStore store({root, {}});
    store.add_image(image("old"));
    store.set_tag(tag("app:1", "old"), "pull");
    return root;
  }

  int count() const {
    const path root = fresh("count");
    int calls = 0;
    fs::set_fault_hook([&](fs::Operation, std::string_view) {
      ++calls;
      return 0;
    });
    overwrite(root);
    fs::set_fault_hook({});
    return calls;
  }

  // The tag means the old image or the new one, what it means is here, the index says what the files say, and the same
  // again succeeds.
  static void check(const path& root) {
    std::string before;
    {
      ImageStore store({root, {}});
      const auto now = store.find_tag(reference("app:1"));
      ASSERT_TRUE(now);
      EXPECT_TRUE(now->image == digest("old") || now->image == digest("new"));
      EXPECT_TRUE(store.find_image(now->image));
      EXPECT_TRUE(store.find_image(digest("old")));
      before = dump(store);
      store.rebuild_index();
      EXPECT_EQ(dump(store), before);
    }
    overwrite(root);
    EXPECT_EQ(ImageStore({root, {}}).find_tag(reference("app:1"))->image, digest("new"));
    EXPECT_EQ(ImageStore({root, {}}).history(reference("app:1")).size(), 2U);
  }
};

TEST_F(ImageStoreFaults, AFailureAtAnyCallLeavesTheOldStateOrTheNew) {
  const int calls = count();
  ASSERT_GT(calls, 8);
  for (const int error_number : {EIO, ENOSPC}) {
    for (int at = 1; at <= calls; ++at) {
      SCOPED_TRACE("call " + std::to_string(at) + " of " + std::to_string(calls));
      const path root = fresh(std::to_string(error_number) + "-" + std::to_string(at));
      int call = 0;
      fs::set_fault_hook([&](fs::Operation, std::string_view) { return ++call == at ? error_number : 0; });
      EXPECT_THROW(overwrite(root), base::Error);
      fs::set_fault_hook({});
      check(root);
    }
  }
}

TEST_F(ImageStoreFaults, DeathAtAnyCallLeavesTheOldStateOrTheNew) {
  const int calls = count();
  for (int at = 1; at <= calls; ++at) {
    SCOPED_TRACE("call " + std::to_string(at) + " of " + std::to_string(calls));
    const path root = fresh(std::to_string(at));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int call = 0;
      fs::set_fault_hook([&](fs::Operation, std::string_view) {
        if (++call == at) ::raise(SIGKILL);
        return 0;
      });
      overwrite(root);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    check(root);
  }
}

}  // namespace
}  // namespace davit::store
