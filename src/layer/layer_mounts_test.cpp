#include "layer/layer_mounts.h"

#include <algorithm>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "tests/testing/child_process.h"
#include "tests/testing/elsewhere.h"
#include "tests/testing/erofs_image.h"
#include "tests/testing/loop_devices.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;
using test::Elsewhere;
using Inside = LayerMounts::Inside;
using Images = std::vector<LayerMounts::Image>;

std::string mountinfo() { return fs::read_file("/proc/self/mountinfo"); }

// Lines of the calling thread's mounts that hold the text.
std::size_t mounts_with(const std::string& text) {
  const auto lines = base::split(fs::read_file("/proc/thread-self/mountinfo"), '\n');
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const auto& line) { return line.find(text) != std::string::npos; }));
}

class LayerMountsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"root", "run"}) fs::make_directory(folder_.path() / name);
    before_ = mountinfo();
  }
  void TearDown() override {
    for (const auto& name : fs::list(run_ / "containers")) {
      while (fs::unmount(target(name))) {
      }
    }
    while (fs::unmount(run_ / "mounts" / "layers")) {
    }
  }

  // A layer of one file, named and filled by `name`.
  LayerMounts::Image image(const std::string& name, fs::Backing backing = fs::Backing::kFile) const {
    const auto diff_id = codec::digest_of(name);
    const stdfs::path folder = root_ / "erofs" / diff_id.hex();
    if (!fs::exists(folder)) test::write_erofs_image(folder, name, "of " + name);
    return {.diff_id = diff_id, .image = folder / "image", .devices = {folder / "tar"}, .backing = backing};
  }
  Images images(const std::vector<std::string>& names) const {
    Images found;
    for (const auto& name : names) found.push_back(image(name));
    return found;
  }
  stdfs::path layer(const std::string& name) const { return run_ / "mounts" / "layers" / codec::digest_of(name).hex(); }

  stdfs::path target(const std::string& container) const { return run_ / "containers" / container; }
  stdfs::path own(const std::string& container) const { return root_ / "containers" / container; }
  void make_container(const std::string& container) const {
    for (const auto* name : {"upper", "work"}) fs::make_directories(own(container) / name);
    fs::make_directories(target(container));
  }

  // What the driver does for a container.
  void start(const std::string& container, const Images& layers) const {
    make_container(container);
    fs::FileDescriptor merged;
    mounts_.in_namespace([&](Inside& inside) {
      std::vector<LayerMounts::Held> held;
      fs::OverlayMount overlay{
          .lower = {}, .upper = own(container) / "upper", .work = own(container) / "work", .target = target(container)};
      std::vector<oci::Digest> diff_ids;
      for (const auto& image : layers) {
        held.push_back(inside.show(image));
        overlay.lower.push_back(held.back().path());
        diff_ids.push_back(image.diff_id);
      }
      inside.keep(target(container), diff_ids);
      merged = fs::open_overlay(overlay);
    });
    fs::attach_mount(merged, target(container));
  }
  void stop(const std::string& container) const {
    mounts_.unmount(target(container));
    fs::remove(target(container));
  }
  std::string read(const std::string& container, const std::string& name) const {
    return fs::read_file(target(container) / name);
  }

  // Of the whole life, nothing is left but open locks and empty folders.
  void expect_nothing_left() const {
    EXPECT_EQ(mountinfo(), before_);
    EXPECT_EQ(fs::list(run_ / "mounts"), (std::vector<std::string>{"locks", "users"}));
    EXPECT_EQ(fs::list(run_ / "mounts" / "locks"), (std::vector<std::string>{"place", "tidy"}));
    EXPECT_TRUE(fs::list(run_ / "mounts" / "users").empty());
  }
  void rewrite(const stdfs::path& file, const std::string& from, const std::string& to) const {
    std::string text = fs::read_file(file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    fs::write_file(file, text.replace(at, from.size(), to));
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  stdfs::path root_ = stdfs::canonical(folder_.path()) / "root";
  stdfs::path run_ = stdfs::canonical(folder_.path()) / "run";
  stdfs::path record_ = run_ / "mounts" / "namespace.json";
  LayerMounts mounts_{root_, run_};
  std::string before_;
};

TEST_F(LayerMountsTest, ALayerIsMountedOnceAndSharedByContainers) {
  start("one", images({"a", "b"}));
  start("two", images({"b", "c"}));
  EXPECT_EQ(read("one", "a"), "of a");
  EXPECT_EQ(read("two", "b"), "of b");
  EXPECT_EQ(mounts_.mounted().size(), 3U);
  for (const auto* name : {"a", "b", "c"}) EXPECT_EQ(mounts_with(layer(name).string() + " "), 1U);
  fs::write_file(target("two") / "new", "1");
  EXPECT_EQ(fs::read_file(own("two") / "upper" / "new"), "1");
}

TEST_F(LayerMountsTest, TheLastUserTakesAllAway) {
  start("one", images({"a", "b"}));
  start("two", images({"b", "c"}));
  stop("one");
  EXPECT_FALSE(fs::exists(layer("a")));
  EXPECT_TRUE(fs::is_mount_point(layer("b")));
  EXPECT_EQ(read("two", "b"), "of b");
  stop("two");
  expect_nothing_left();
  stop("two");  // is fine for what is gone
  mounts_.release(target("never"));
  expect_nothing_left();
}

TEST_F(LayerMountsTest, NothingIsMadeBeforeItIsNeeded) {
  EXPECT_EQ(mounts_.clean(), 0U);
  mounts_.unmount(target("none"));
  EXPECT_TRUE(mounts_.mounted().empty());
  EXPECT_TRUE(fs::list(run_).empty());
}

TEST_F(LayerMountsTest, WhatIsShownAndNotKeptGoesAtTheEnd) {
  mounts_.in_namespace([&](Inside& inside) {
    EXPECT_EQ(fs::read_file(inside.show(image("a")).path() / "a"), "of a");
    EXPECT_EQ(fs::read_file(inside.show(image("b")).path() / "b"), "of b");
  });
  expect_nothing_left();
}

TEST_F(LayerMountsTest, WhatIsHeldStaysUntilItIsLetGo) {
  std::vector<LayerMounts::Held> held;
  mounts_.in_namespace([&](Inside& inside) { held.push_back(inside.show(image("a"))); });
  EXPECT_EQ(mounts_.clean(), 0U);
  EXPECT_EQ(fs::read_file(held.front().path() / "a"), "of a");
  held.clear();
  EXPECT_EQ(mounts_.clean(), 1U);
  expect_nothing_left();
}

TEST_F(LayerMountsTest, AFailureInTheMiddleLeavesNothing) {
  make_container("one");
  EXPECT_THROW(mounts_.in_namespace([&](Inside& inside) {
    const auto held = inside.show(image("a"));
    throw Error(Code::kConflict, "mine");
  }),
               Error);
  expect_nothing_left();
  auto missing = image("b");
  missing.devices = {root_ / "missing"};
  try {
    start("one", {image("a"), missing});
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(e.message().find((root_ / "missing").string()), std::string::npos) << e.message();
  }
  expect_nothing_left();
}

TEST_F(LayerMountsTest, AnImageIsPreparedOnceBeforeItIsMounted) {
  int prepared = 0;
  const auto prepare = [&] {
    ++prepared;
    return image("b");
  };
  auto named = image("a");
  named.diff_id = image("b").diff_id;
  mounts_.in_namespace([&](Inside& inside) {
    const auto held = inside.show(named, prepare);
    EXPECT_EQ(fs::read_file(held.path() / "b"), "of b");
    (void)inside.show(named, prepare);
  });
  EXPECT_EQ(prepared, 1);
  EXPECT_THROW(mounts_.in_namespace([&](Inside& inside) {
    (void)inside.show(named, []() -> LayerMounts::Image { throw Error(Code::kCorrupt, "damaged"); });
  }),
               Error);
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ReadOnlyLayersStayAsTheyAre) {
  start("one", images({"a"}));
  EXPECT_THROW(fs::write_file(layer("a") / "new", ""), Error);
  fs::write_file(target("one") / "a", "changed");
  EXPECT_EQ(fs::read_file(layer("a") / "a"), "of a");
}

TEST_F(LayerMountsTest, AnotherMountNamespaceEntersTheRecordedOne) {
  start("one", images({"a"}));
  Elsewhere other;
  other.run([&] {
    start("two", images({"a", "b"}));
    EXPECT_EQ(read("two", "a"), "of a");
    EXPECT_EQ(mounts_.mounted().size(), 2U);
    EXPECT_EQ(mounts_with(layer("b").string() + " "), 0U);  // mounted there, not here
  });
  EXPECT_EQ(mounts_with(layer("a").string() + " "), 1U);
  EXPECT_EQ(mounts_with(layer("b").string() + " "), 1U);
  EXPECT_FALSE(fs::is_mount_point(target("two")));
  stop("one");
  other.run([&] {
    EXPECT_EQ(read("two", "a"), "of a");
    stop("two");
  });
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ARootThatIsElsewhereIsUnmountedThere) {
  Elsewhere other;
  start("one", images({"a"}));
  other.run([&] { start("two", images({"a"})); });
  mounts_.unmount(target("two"));
  other.run([&] { EXPECT_FALSE(fs::is_mount_point(target("two"))); });
  stop("one");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, CopiesInNamespacesMadeLaterGoToo) {
  start("one", images({"a"}));
  Elsewhere later;  // has copies of all that is mounted now
  later.run([&] {
    EXPECT_TRUE(fs::is_mount_point(layer("a")));
    fs::unmount(target("one"));
  });
  stop("one");
  later.run([&] { EXPECT_EQ(mounts_with(run_.string()), 0U); });
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ACopyOfThePlaceIsNotTakenForIt) {
  Elsewhere first;
  first.run([&] { start("one", images({"a"})); });
  std::jthread([&] {
    base::run_in(*first.id().open(), [&] {
      fs::enter_private_mount_namespace();  // of the recorded one
      EXPECT_TRUE(fs::is_mount_point(layer("a")));
      start("two", images({"b"}));
      EXPECT_FALSE(fs::is_mount_point(layer("b")));
      stop("two");
    });
  }).join();
  first.run([&] {
    EXPECT_EQ(mounts_.mounted().size(), 1U);
    EXPECT_EQ(read("one", "a"), "of a");
    stop("one");
  });
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ANamespaceWithoutProcessesIsGoneAndAnotherIsRecorded) {
  Elsewhere first;
  first.run([&] { start("one", images({"a", "b"})); });
  EXPECT_EQ(mounts_with(layer("a").string()), 0U);
  first.end();
  EXPECT_TRUE(mounts_.mounted().empty());
  start("two", images({"a"}));
  EXPECT_EQ(mounts_with(layer("a").string() + " "), 1U);
  EXPECT_EQ(read("two", "a"), "of a");
  stop("two");  // "one" is known by its target still, and it would need the layer
  EXPECT_TRUE(fs::is_mount_point(layer("a")));
  EXPECT_EQ(mounts_.clean(), 1U);
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ANamespaceThatGotTheNumberOfADeadOneIsNotTakenForIt) {
  Elsewhere other;
  start("one", images({"a"}));
  auto record = *read_place(record_);
  EXPECT_EQ(record.mount_namespace, base::MountNamespace::current());
  while (fs::unmount(target("one")) || fs::unmount(run_ / "mounts" / "layers")) {
  }
  record.mount_namespace = other.id();  // as if: nothing of ours is mounted there
  write_place(record_, record);
  start("two", images({"a"}));
  EXPECT_EQ(read_place(record_)->mount_namespace, base::MountNamespace::current());
  EXPECT_EQ(mounts_with(layer("a").string() + " "), 1U);
  stop("one");
  stop("two");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, WhatTellsOfAnotherBootCountsForNothing) {
  start("one", images({"a"}));
  // After a reboot the files may be there, and no mount is.
  while (fs::unmount(target("one")) || fs::unmount(run_ / "mounts" / "layers")) {
  }
  const auto user = user_file(run_ / "mounts" / "users", target("one"));
  rewrite(record_, base::boot_id(), "another");
  rewrite(user, base::boot_id(), "another");
  EXPECT_TRUE(mounts_.mounted().empty());
  start("two", images({"b"}));
  EXPECT_FALSE(fs::exists(user));
  EXPECT_EQ(mounts_.mounted(), std::vector<std::string>{codec::digest_of("b").hex()});
  stop("two");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, AfterARebootCleaningIsEnough) {
  start("one", images({"a"}));
  while (fs::unmount(target("one")) || fs::unmount(run_ / "mounts" / "layers")) {
  }
  rewrite(record_, base::boot_id(), "another");
  rewrite(user_file(run_ / "mounts" / "users", target("one")), base::boot_id(), "another");
  mounts_.clean();
  expect_nothing_left();
}

TEST_F(LayerMountsTest, FoldersThatAreOthersInTheRecordedNamespaceAreNamed) {
  start("one", images({"a"}));
  Elsewhere other([&] {
    EXPECT_EQ(::mount("none", root_.c_str(), "tmpfs", 0, nullptr), 0);
    fs::make_directories(own("two") / "upper");
  });
  other.run([&] {
    try {
      mounts_.in_namespace([](Inside&) { ADD_FAILURE(); });
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::kConflict);
      EXPECT_NE(e.message().find(root_.string()), std::string::npos) << e.message();
      EXPECT_NE(e.message().find("another mount namespace"), std::string::npos) << e.message();
    }
  });
  EXPECT_EQ(read("one", "a"), "of a");
  stop("one");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, AStoreThatIsReachedByALinkIsTheSame) {
  start("one", images({"a"}));
  fs::symbolic_link(run_.string(), folder_.path() / "link");
  const LayerMounts linked(root_, folder_.path() / "link");
  EXPECT_EQ(linked.mounted(), mounts_.mounted());
  linked.in_namespace([&](Inside& inside) { EXPECT_EQ(inside.show(image("a")).path(), layer("a")); });
  stop("one");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, CleaningForgetsUsersWhoseTargetIsGone) {
  start("one", images({"a"}));
  start("two", images({"b"}));
  fs::unmount(target("one"));
  fs::remove(target("one"));
  EXPECT_EQ(mounts_.clean(), 1U);
  EXPECT_FALSE(fs::exists(layer("a")));
  EXPECT_EQ(read("two", "b"), "of b");
  stop("two");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, CleaningForgetsUsersThatWentWithTheirNamespace) {
  start("one", images({"a"}));
  Elsewhere other;
  other.run([&] { start("two", images({"b"})); });
  EXPECT_EQ(mounts_.clean(), 0U);  // it is in use there
  other.end();
  EXPECT_EQ(mounts_.clean(), 1U);
  EXPECT_FALSE(fs::exists(layer("b")));
  stop("one");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, WhatWasUnmountedByHandIsMountedAgain) {
  start("one", images({"a"}));
  fs::unmount(layer("a"));
  start("two", images({"a"}));
  EXPECT_EQ(read("two", "a"), "of a");
  fs::unmount(run_ / "mounts" / "layers");
  start("three", images({"a", "b"}));
  EXPECT_EQ(read("three", "b"), "of b");
  for (const auto* name : {"one", "two", "three"}) stop(name);
  expect_nothing_left();
}

TEST_F(LayerMountsTest, DamagedRecordsAreAsIfTheyWereNotThere) {
  start("one", images({"a"}));
  fs::write_file(record_, "{");
  fs::write_file(user_file(run_ / "mounts" / "users", target("one")), "[]");
  start("two", images({"a"}));
  EXPECT_EQ(read("two", "a"), "of a");
  EXPECT_EQ(mounts_with(layer("a").string() + " "), 1U);
  stop("one");
  stop("two");
  expect_nothing_left();
}

TEST_F(LayerMountsTest, WhatIsMountedReachesNoOtherNamespace) {
  // As on a machine with systemd: all is shared with units that were started before.
  ASSERT_EQ(::mount(run_.c_str(), run_.c_str(), nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(::mount(nullptr, run_.c_str(), nullptr, MS_SHARED, nullptr), 0);
  fs::FileDescriptor unit;
  std::jthread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    unit = fs::File::open("/proc/thread-self/ns/mnt").take_fd();
  }).join();
  const std::string before = mountinfo();
  start("one", images({"a"}));
  EXPECT_TRUE(fs::is_mount_point(layer("a")));
  base::run_in(unit, [&] { EXPECT_FALSE(fs::is_mount_point(layer("a"))); });
  stop("one");
  EXPECT_EQ(mountinfo(), before);
  base::run_in(unit, [&] { EXPECT_EQ(mounts_with((run_ / "mounts").string()), 0U); });
  EXPECT_TRUE(fs::unmount(run_));
}

TEST_F(LayerMountsTest, LoopDevicesGoWithTheLastUser) {
  const Images layers = {image("a", fs::Backing::kLoop), image("b", fs::Backing::kLoop)};
  start("one", layers);
  start("two", layers);
  EXPECT_EQ(read("one", "b"), "of b");
  EXPECT_EQ(test::loops_over(root_).size(), 4U);
  stop("one");
  EXPECT_EQ(test::loops_over(root_).size(), 4U);
  stop("two");
  EXPECT_TRUE(test::loops_gone_soon(root_));
  expect_nothing_left();
}

TEST_F(LayerMountsTest, PathsWithCommasAndOfAnyLengthAreMounted) {
  for (const auto backing : {fs::Backing::kFile, fs::Backing::kLoop}) {
    const stdfs::path folder = root_ / ("a,b:c" + std::string(200, 'x')) / std::string(100, 'y');
    test::write_erofs_image(folder, "file", "content");
    const LayerMounts::Image odd{
        .diff_id = codec::digest_of("odd"), .image = folder / "image", .devices = {folder / "tar"}, .backing = backing};
    start("one", {odd});
    EXPECT_EQ(read("one", "file"), "content");
    stop("one");
  }
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ManyProcessesShareWhatTheyMountAndLeaveNothing) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  (void)images(names);
  const auto statuses = test::in_processes(8, [&](int number) {
    const std::string container = "c" + std::to_string(number);
    for (int round = 0; round < 15; ++round) {
      const std::string first = names[static_cast<std::size_t>(number + round) % names.size()];
      const std::string second = names[static_cast<std::size_t>(number + round + 2) % names.size()];
      start(container, images({first, second}));
      if (read(container, first) != "of " + first || read(container, second) != "of " + second) return 1;
      if (mounts_with(layer(first).string() + " ") != 1) return 2;
      stop(container);
    }
    return 0;
  });
  for (const int status : statuses) EXPECT_EQ(status, 0);
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ProcessesThatStartAtOnceMountEachLayerOnce) {
  const auto layers = images({"a", "b", "c"});
  const auto statuses = test::in_processes(8, [&](int number) {
    start("c" + std::to_string(number), layers);
    return 0;
  });
  for (const int status : statuses) EXPECT_EQ(status, 0);
  for (const auto* name : {"a", "b", "c"}) EXPECT_EQ(mounts_with(layer(name).string() + " "), 1U);
  for (int number = 0; number < 8; ++number) stop("c" + std::to_string(number));
  expect_nothing_left();
}

TEST_F(LayerMountsTest, ProcessesThatDieAmongOthersHurtNobody) {
  const auto layers = images({"a", "b", "c"});
  Elsewhere other;
  constexpr int kProcesses = 5;
  int died = 0;
  for (int round = 0; round < 8; ++round) {
    const auto statuses = test::in_processes(kProcesses, [&](int number) {
      const std::string container = "c" + std::to_string(number);
      const auto live = [&] {
        start(container, layers);
        if (read(container, "a") != "of a") throw Error(Code::kCorrupt, "not the layer's file");
        stop(container);
      };
      int call = 0;
      const int last = 1 + (round * 31 + number * 17) % 60;
      if (number != 0) {  // the first lives on
        fs::set_fault_hook([&](fs::Operation, std::string_view) {
          if (++call == last) ::raise(SIGKILL);
          return 0;
        });
      }
      number % 2 == 0 ? live() : other.run(live);
      return 0;
    });
    EXPECT_EQ(statuses.front(), 0);
    for (const int status : statuses) {
      EXPECT_TRUE(WIFSIGNALED(status) || status == 0) << status;
      died += WIFSIGNALED(status) ? 1 : 0;
    }
  }
  EXPECT_GT(died, 4);  // who finds the layers mounted makes fewer calls
  start("after", layers);
  EXPECT_EQ(mounts_.mounted().size(), 3U);
  stop("after");
  const auto stop_all = [&](int number) {
    const std::string container = "c" + std::to_string(number);
    if (fs::exists(target(container))) stop(container);
  };
  for (int number = 0; number < kProcesses; ++number)
    number % 2 == 0 ? stop_all(number) : other.run([&] { stop_all(number); });
  mounts_.clean();
  other.run([&] { EXPECT_EQ(mounts_with(run_.string()), 0U); });
  expect_nothing_left();
}

// What the next command does about a container whose start or end was cut short.
TEST_F(LayerMountsTest, AProcessKilledAtAnyCallLeavesNothingThatTheNextDoesNotPutRight) {
  const auto layers = images({"a", "b"});
  for (const bool while_starting : {true, false}) {
    for (int at = 1;; ++at) {
      if (!while_starting) start("one", layers);
      const bool died = test::dies_at_call(at, [&] { while_starting ? start("one", layers) : stop("one"); });
      SCOPED_TRACE(std::string(while_starting ? "start" : "stop") + ", call " + std::to_string(at));
      start("two", layers);
      EXPECT_EQ(read("two", "a"), "of a");
      EXPECT_EQ(mounts_with(layer("a").string() + " "), 1U);
      EXPECT_EQ(mounts_with(layer("b").string() + " "), 1U);
      stop("two");
      if (fs::exists(target("one"))) stop("one");
      mounts_.clean();
      expect_nothing_left();
      if (!died) break;
      if (HasFailure()) return;
    }
  }
}

// The same for one that had nobody beside it and after it but the cleaning of the next command.
TEST_F(LayerMountsTest, CleaningPutsRightWhatAKilledProcessLeft) {
  const auto layers = images({"a", "b"});
  for (int at = 1;; ++at) {
    SCOPED_TRACE("call " + std::to_string(at));
    const bool died = test::dies_at_call(at, [&] { start("one", layers); });
    while (fs::unmount(target("one"))) {
    }
    fs::remove(target("one"));
    mounts_.clean();
    EXPECT_EQ(mountinfo(), before_);
    EXPECT_FALSE(fs::exists(run_ / "mounts" / "layers"));
    EXPECT_FALSE(fs::exists(record_));
    if (!died || HasFailure()) break;
  }
}

}  // namespace
}  // namespace davit::layer
