// Many processes at once, and failures and deaths at every call.

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"
#include "store/image_store.h"
#include "store/made_up_images.h"
#include "store/records.h"
#include "tests/testing/child_process.h"

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
  const auto statuses = test::in_processes(8, [&](int i) {
    ImageStore store = open();
    const std::string mine = "own:" + std::to_string(i);
    for (int round = 0; round < kRounds; ++round) {
      store.set_tag(tag(mine, std::to_string((i + round) % 8)), "tag");
      store.set_tag(tag("shared:1", std::to_string((i + round) % 8)), "tag");
      if (round % 3 == 2) store.remove_tag(reference(mine), "rmi");
    }
    return 0;
  });
  EXPECT_THAT(statuses, ::testing::Each(0));
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

// A command's change of a store, and what it must leave: all of it or nothing.
struct Command {
  const char* name;
  void (*run)(ImageStore& store);
};

const Command kCommands[] = {
    {"pull",
     [](ImageStore& store) {
       const auto by_digest = oci::Reference::with_digest(reference("app:1").repository(), digest("new manifest"));
       store.apply({.command = "pull",
                    .add_images = {image("new")},
                    .set_tags = {tag("app:1", "new"), {by_digest, descriptor("new manifest"), digest("new")}}});
     }},
    {"pull of the same image by another manifest",
     [](ImageStore& store) {
       ImageRecord record = image("old");
       record.manifest = descriptor("other manifest");
       Tag other = tag("app:1", "old");
       other.target = record.manifest;
       store.apply({.command = "pull", .add_images = {record}, .set_tags = {other}});
     }},
    {"rmi",
     [](ImageStore& store) {
       store.apply({.command = "rmi",
                    .remove_tags = {reference("app:1"), reference("app:2")},
                    .mark_gone = {digest("old")},
                    .remove_images = {digest("old")}});
     }},
    {"all at once",
     [](ImageStore& store) {
       store.apply({.command = "test",
                    .add_images = {image("new"), image("newer")},
                    .remove_tags = {reference("app:2")},
                    .set_tags = {tag("app:1", "new"), tag("app:3", "newer")},
                    .mark_gone = {digest("old")},
                    .remove_images = {digest("old")}});
     }},
};

// All that can be told of a store but for the time of its changes. The copies of the records are a part of it.
std::string state_of(const path& root, const ImageStore& store) {
  std::string text;
  for (const Tag& t : store.list_tags()) {
    text += t.reference.text() + " = " + t.image.text() + " " + t.target.digest.text() + "\n";
  }
  for (const char* name : {"app:1", "app:2", "app:3"}) {
    for (const TagMove& move : store.history(reference(name))) {
      text +=
          std::string(name) + " " + std::to_string(move.sequence) + move.command + (move.gone ? " gone" : "") + "\n";
    }
  }
  for (const ImageRecord& record : store.list_images()) {
    text += write_record(record) + "\n";
    const auto copy = fs::read_file_if_exists(root / "images" / (record.id.hex() + ".json"));
    EXPECT_TRUE(copy && write_record(read_record(*copy)) == write_record(record)) << record.id.text();
  }
  std::size_t copies = 0;
  for (const std::string& name : fs::list(root / "images")) copies += name.starts_with(".") ? 0 : 1;
  EXPECT_EQ(copies, store.list_images().size());
  return text;
}

using Files = std::map<std::string, std::string>;

Files read_files(const path& root) {
  Files files;
  for (const char* name : {"tags.journal", "index.db"}) files[name] = fs::read_file(root / name);
  for (const std::string& name : fs::list(root / "images")) {
    files["images/" + name] = fs::read_file(root / "images" / name);
  }
  return files;
}

void write_files(const path& root, const Files& files) {
  fs::make_directories(root / "images");
  for (const auto& [name, content] : files) fs::write_file(root / name, content);
}

class ImageStoreFaults : public ImageStoreProcesses, public ::testing::WithParamInterface<Command> {
 protected:
  path fresh(const std::string& name) const {
    const path root = folder_.path() / name;
    write_files(root, old_files_);
    return root;
  }

  static void run(const path& root) {
    ImageStore store({root, {}});
    GetParam().run(store);
  }

  static std::string state(const path& root) { return state_of(root, ImageStore({root, {}})); }

  void SetUp() override {
    ImageStoreProcesses::SetUp();
    {
      ImageStore store = open();
      store.add_image(image("old"));
      store.set_tag(tag("app:1", "old"), "pull");
      store.set_tag(tag("app:2", "old"), "tag");
    }
    old_files_ = read_files(root_);
    const path root = fresh("count");
    old_state_ = state(root);
    fs::set_fault_hook([&](fs::Operation, std::string_view) {
      ++calls_;
      return 0;
    });
    run(root);
    fs::set_fault_hook({});
    new_state_ = state(root);
    ASSERT_NE(old_state_, new_state_);
    ASSERT_GT(calls_, 4);
  }

  // The old state or the new, the index says what the files say, and the same again gives the new state.
  void check(const path& root) const {
    const std::string now = state(root);
    EXPECT_TRUE(now == old_state_ || now == new_state_) << now;
    ImageStore({root, {}}).rebuild_index();
    EXPECT_EQ(state(root), now);
    run(root);
    EXPECT_EQ(state(root), new_state_);
  }

  Files old_files_;
  std::string old_state_, new_state_;
  int calls_ = 0;
};

TEST_P(ImageStoreFaults, AFailureAtAnyCallLeavesTheOldStateOrTheNew) {
  for (const int error_number : {EIO, ENOSPC}) {
    for (int at = 1; at <= calls_; ++at) {
      SCOPED_TRACE("call " + std::to_string(at) + " of " + std::to_string(calls_));
      const path root = fresh(std::to_string(error_number) + "-" + std::to_string(at));
      int call = 0;
      fs::set_fault_hook([&](fs::Operation, std::string_view) { return ++call == at ? error_number : 0; });
      EXPECT_THROW(run(root), base::Error);
      fs::set_fault_hook({});
      check(root);
    }
  }
}

TEST_P(ImageStoreFaults, DeathAtAnyCallLeavesTheOldStateOrTheNew) {
  for (int at = 1; at <= calls_; ++at) {
    SCOPED_TRACE("call " + std::to_string(at) + " of " + std::to_string(calls_));
    const path root = fresh(std::to_string(at));
    ASSERT_TRUE(test::dies_at_call(at, [&] { run(root); }));
    check(root);
  }
}

// Who brings copies and index up to the journal after a death may die, too; by catching up, or by a rebuild.
TEST_P(ImageStoreFaults, DeathAtAnyCallOfTheRecoveryLeavesTheNewState) {
  const path changed = fresh("changed");
  run(changed);
  Files files = old_files_;  // as after a death right after the journal's sync
  files["tags.journal"] = fs::read_file(changed / "tags.journal");
  for (const bool with_index : {true, false}) {
    if (!with_index) files.erase("index.db");
    int at = 0;
    for (bool dies = true; dies;) {
      SCOPED_TRACE("call " + std::to_string(++at) + " of the recovery");
      const path root = folder_.path() / ((with_index ? "behind" : "lost") + std::to_string(at));
      write_files(root, files);
      dies = test::dies_at_call(at, [&] { ImageStore({root, {}}); });
      EXPECT_EQ(state(root), new_state_);
      check(root);
    }
    EXPECT_GT(at, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Commands, ImageStoreFaults, ::testing::ValuesIn(kCommands), [](const auto& of) {
  std::string name = of.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

}  // namespace
}  // namespace davit::store
