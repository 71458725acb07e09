// Records alone: nothing is run here (run_*_test.cpp do that).
#include "container/container_store.h"

#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"

namespace davit::container {
namespace {

namespace fs = base::fs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ContainerStoreTest : public ::testing::Test {
 protected:
  ContainerStoreTest()
      : folder_(::testing::TempDir()),
        networks_({.root = folder_.path() / "root",
                   .run = folder_.path() / "run",
                   .store_id = std::string(32, '0'),
                   .adopt = [](int) {}}),
        store_(open()) {}
  ~ContainerStoreTest() override { fs::set_fault_hook({}); }

  ContainerStore open() const {
    return ContainerStore({.root = folder_.path() / "root",
                           .run = folder_.path() / "run",
                           .cgroup_parent = "/davit-none",
                           .networks = [this]() -> const network::Fabric& { return networks_; }});
  }
  static Description named(const std::string& name) {
    Description description;
    description.name = name;
    description.command = {"true"};
    return description;
  }
  std::string refusal(const Description& description) {
    try {
      store_.create(description);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "no error";
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& container : store_.list()) all.push_back(container.name());
    return all;
  }

  fs::TemporaryDirectory folder_;
  network::Fabric networks_;
  ContainerStore store_;
};

TEST_F(ContainerStoreTest, EmptyStoreHasNoContainers) {
  EXPECT_THAT(store_.list(), IsEmpty());
  EXPECT_FALSE(store_.find("web"));
}

// Their exit command removes them; where that died, a later creation does, and not while it may still be at work.
TEST_F(ContainerStoreTest, FilesThatWereLeftToAnExitCommandAreRemovedWhenNoneCameForThem) {
  const auto young = folder_.path() / "root/containers/.left-young", old = folder_.path() / "root/containers/.left-old";
  for (const auto& left : {young, old}) fs::make_directories(left / "upper");
  std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
  store_.create(named("web"));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_THAT(store_.list(), SizeIs(1));
}

TEST_F(ContainerStoreTest, IsFoundByIdNameAndUniquePrefix) {
  const auto id = store_.create(named("web")).id();
  ASSERT_EQ(id.size(), 64U);
  for (const auto& text : {id, std::string("web"), std::string("/web"), id.substr(0, 12), id.substr(0, 1)}) {
    ASSERT_TRUE(store_.find(text)) << text;
    EXPECT_EQ(store_.find(text)->id(), id);
  }
  for (const auto& text : {std::string("we"), std::string(""), std::string("/"), std::string("../names"), id + "0"}) {
    EXPECT_FALSE(store_.find(text)) << text;
  }
}

TEST_F(ContainerStoreTest, NameComesBeforePrefix) {
  const auto first = store_.create(named("web")).id();
  const auto second = store_.create(named(first.substr(0, 4))).id();
  EXPECT_EQ(store_.get(first.substr(0, 4)).id(), second);
}

TEST_F(ContainerStoreTest, PrefixOfSeveralIsRefused) {
  std::set<char> starts;
  for (int i = 0; i < 17; ++i) starts.insert(store_.create(named("")).id().front());  // more than there are digits
  int refused = 0;
  for (const char start : starts) {
    try {
      store_.find(std::string(1, start));
    } catch (const base::Error& error) {
      EXPECT_EQ(error.message(), "Multiple IDs found with provided prefix: " + std::string(1, start));
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(ContainerStoreTest, UnknownContainerIsToldInDockersWords) {
  try {
    store_.get("nosuch");
    FAIL() << "found";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "No such container: nosuch");
    EXPECT_EQ(error.code(), base::Code::kNotFound);
  }
}

TEST_F(ContainerStoreTest, NameInUseIsAConflictInDockersWords) {
  const auto id = store_.create(named("web")).id();
  EXPECT_EQ(refusal(named("web")),
            "Conflict. The container name \"/web\" is already in use by container \"" + id +
                "\". You have to remove (or rename) that container to be able to reuse that name.");
  store_.remove(id);
  EXPECT_EQ(refusal(named("web")), "no error");
}

TEST_F(ContainerStoreTest, WhatCanBeKnownIsCheckedAtOnce) {
  auto relative = named("web");
  relative.working_dir = "relative";
  EXPECT_EQ(refusal(relative), "the working directory 'relative' is invalid, it needs to be an absolute path");
  auto no_command = named("web");
  no_command.command.clear();
  EXPECT_EQ(refusal(no_command), "No command specified");
  auto bad_signal = named("web");
  bad_signal.stop_signal = "NOSUCH";
  EXPECT_EQ(refusal(bad_signal), "Invalid signal: NOSUCH");
  EXPECT_EQ(refusal(named("bad name")),
            "Invalid container name (bad name), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  EXPECT_THAT(store_.list(), IsEmpty());
}

TEST_F(ContainerStoreTest, WhatNoProcessCanBeGivenIsRefusedNotCut) {
  using namespace std::string_literals;
  auto wanted = named("web");
  wanted.command.push_back("a\0b"s);
  EXPECT_EQ(refusal(wanted), "invalid argument \"a\\x00b\": it holds a NUL character");
  wanted = named("web");
  wanted.env = {"A=a\0b"s};
  EXPECT_EQ(refusal(wanted), "invalid environment variable \"A=a\\x00b\": it holds a NUL character");
  wanted = named("web");
  wanted.user = "root\0"s;
  EXPECT_EQ(refusal(wanted), "invalid user \"root\\x00\": it holds a NUL character");
  wanted = named("web");
  wanted.working_dir = "/\0x"s;
  EXPECT_EQ(refusal(wanted), "invalid working directory \"/\\x00x\": it holds a NUL character");
  wanted = named("web");
  wanted.hostname = "a\nb";
  EXPECT_EQ(refusal(wanted), "invalid hostname format: a\\x0ab");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ContainerStoreTest, ListIsNewestFirst) {
  for (const char* name : {"one", "two", "three"}) store_.create(named(name));
  EXPECT_THAT(names(), ElementsAre("three", "two", "one"));
}

TEST_F(ContainerStoreTest, DamagedRecordDoesNotHideTheOthers) {
  const auto id = store_.create(named("one")).id();
  store_.create(named("two"));
  fs::write_file(folder_.path() / "root/containers" / id / "container.json", "{");
  EXPECT_THAT(names(), ElementsAre("two"));
}

TEST_F(ContainerStoreTest, RemovalLeavesNothing) {
  store_.remove(store_.create(named("web")).id());
  EXPECT_THAT(store_.list(), IsEmpty());
  EXPECT_THAT(fs::list(folder_.path() / "root/containers"), ElementsAre("lock", "names"));
  EXPECT_THAT(fs::list(folder_.path() / "root/containers/names"), IsEmpty());
}

TEST_F(ContainerStoreTest, RecordsAreForTheOwnerAlone) {
  const auto id = store_.create(named("web")).id();
  const auto status = fs::File::open(folder_.path() / "root/containers" / id / "container.json").status();
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ContainerStoreTest, OneOfManyGetsAName) {
  std::atomic<int> won = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto own = open();
      try {
        own.create(named("web"));
        ++won;
      } catch (const base::Error& error) {
        if (error.code() == base::Code::kConflict) ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(ContainerStoreTest, ExitedOfAContainerThatIsGoneIsFine) {
  EXPECT_NO_THROW(store_.exited(std::string(64, 'a')));
  const auto id = store_.create(named("web")).id();
  EXPECT_NO_THROW(store_.exited(id));
  EXPECT_EQ(store_.get(id).state.status, Status::kCreated);
}

// Each file-changing call of a creation fails in turn.
TEST_F(ContainerStoreTest, FailedCreationLeavesNoContainerAndTheNameFree) {
  bool failed = true;
  for (int point = 1; failed; ++point) {
    ASSERT_LT(point, 100);
    int count = 0;
    fs::set_fault_hook([&](fs::Operation, std::string_view) { return ++count == point ? ENOSPC : 0; });
    failed = refusal(named("web")) != "no error";
    fs::set_fault_hook({});
    if (failed) {
      const auto left = store_.list();
      ASSERT_LE(left.size(), 1U);
      if (left.empty()) {
        EXPECT_EQ(refusal(named("web")), "no error") << "after a failure of call " << point;
      }
      for (const auto& container : store_.list()) store_.remove(container.id());
      EXPECT_THAT(fs::list(folder_.path() / "root/containers/names"), IsEmpty());
    }
  }
}

// What makes `ps` of hundreds quick: nobody who is only looking waits for a lock or writes.
TEST_F(ContainerStoreTest, AListOfWhatIsSettledTakesNoLock) {
  for (int i = 0; i < 20; ++i) store_.create(named(""));
  int changes = 0;
  fs::set_fault_hook([&](fs::Operation, std::string_view) {
    ++changes;
    return 0;
  });
  const auto listed = store_.list();
  fs::set_fault_hook({});
  EXPECT_EQ(listed.size(), 20U);
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace davit::container
