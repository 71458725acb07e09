#include "container/volume_store.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::container {
namespace {

namespace fs = base::fs;

std::string refusal(const VolumeOptions& options) {
  try {
    VolumeStore::check(options);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "taken";
}

class VolumeStoreTest : public ::testing::Test {
 protected:
  fs::TemporaryDirectory folder_{::testing::TempDir()};
  VolumeStore volumes_{folder_.path()};

  Volume create(const VolumeOptions& options) {
    const auto lock = volumes_.lock(base::FileLock::Mode::kShared);
    return volumes_.create(options);
  }
  std::uint64_t remove(const std::string& name) {
    const auto lock = volumes_.lock(base::FileLock::Mode::kExclusive);
    return volumes_.remove(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& volume : volumes_.list()) found.push_back(volume.name);
    return found;
  }
};

TEST(VolumeNames, AreDockers) {
  for (const char* name : {"v1", "0a", "A_.-z", "lock"}) EXPECT_EQ(refusal({.name = name}), "taken") << name;
  EXPECT_EQ(refusal({.name = "a"}),
            "create a: volume name is too short, names should be at least two alphanumeric characters");
  for (const char* name : {".x", "-x", "a b", "../x", "a/b", "\xc3\xa9\xc3\xa9"})
    EXPECT_NE(refusal({.name = name}).find("includes invalid characters for a local volume name"), std::string::npos)
        << name;
  EXPECT_NE(refusal({.name = std::string(256, 'x')}), "taken");
}

TEST(VolumeOptions, AreThoseOfMount) {
  using Texts = std::map<std::string, std::string>;
  EXPECT_EQ(refusal({.name = "v1", .options = Texts{{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}}}),
            "taken");
  EXPECT_EQ(refusal({.name = "v1", .options = Texts{{"nosuch", "1"}}}), "create v1: invalid option: \"nosuch\"");
  EXPECT_EQ(refusal({.name = "v1", .options = Texts{{"type", "tmpfs"}}}),
            "create v1: missing required option: \"device\"");
  EXPECT_EQ(refusal({.name = "v1", .options = Texts{{"device", "/x"}}}),
            "create v1: missing required option: \"type\"");
  EXPECT_NE(refusal({.name = "v1", .driver = "nosuch"}).find("plugin \"nosuch\" not found"), std::string::npos);
}

TEST_F(VolumeStoreTest, AVolumeIsMadeOnce) {
  const auto first = create({.name = "v1", .labels = {{{"l", "one"}}}});
  const auto second = create({.name = "v1", .labels = {{{"l", "other"}}}});
  EXPECT_EQ(second.created, first.created);
  EXPECT_EQ(second.labels, first.labels);
  EXPECT_TRUE(fs::is_directory(volumes_.data("v1")));
  EXPECT_EQ(names(), std::vector<std::string>{"v1"});
}

TEST_F(VolumeStoreTest, OneWithoutANameIsAnonymous) {
  const auto volume = create({});
  EXPECT_EQ(volume.name.size(), 64U);
  EXPECT_TRUE(volumes_.get(volume.name).is_anonymous());
  EXPECT_FALSE(create({.name = "v1"}).is_anonymous());
}

TEST_F(VolumeStoreTest, WhatIsNoNameIsNotFound) {
  EXPECT_FALSE(volumes_.find("../v1"));
  EXPECT_FALSE(volumes_.find(".lock"));
  EXPECT_EQ(remove("../v1"), 0U);
  EXPECT_THROW(volumes_.get("nosuch"), base::Error);
}

TEST_F(VolumeStoreTest, RemovalGivesItsBytes) {
  create({.name = "v1"});
  fs::write_file(volumes_.data("v1") / "file", std::string(100'000, 'x'));
  EXPECT_GE(remove("v1"), 100'000U);
  EXPECT_EQ(remove("v1"), 0U);
  EXPECT_FALSE(fs::exists(volumes_.folder("v1")));
}

TEST_F(VolumeStoreTest, ADamagedRecordHidesOnlyItsVolume) {
  create({.name = "v1"});
  create({.name = "v2"});
  fs::write_file(volumes_.folder("v1") / "volume.json", "{}");
  EXPECT_EQ(names(), std::vector<std::string>{"v2"});
  EXPECT_THROW(volumes_.get("v1"), base::Error);
}

// Each file-changing call of a creation fails in turn: the volume is there, whole, or not at all.
TEST_F(VolumeStoreTest, AFailureLeavesAllOrNothing) {
  create({.name = "other"});
  for (int failing = 1;; ++failing) {
    int calls = 0;
    fs::set_fault_hook([&](fs::Operation, std::string_view) { return ++calls == failing ? EIO : 0; });
    bool failed = false;
    try {
      create({.name = "v1"});
    } catch (const base::Error&) {
      failed = true;
    }
    fs::set_fault_hook({});
    if (const auto volume = volumes_.find("v1")) {
      EXPECT_TRUE(fs::is_directory(volumes_.data("v1")));
    }
    remove("v1");
    EXPECT_EQ(fs::list(folder_.path() / "volumes"), (std::vector<std::string>{".lock", "other"})) << failing;
    if (!failed) break;
    ASSERT_LT(failing, 100);
  }
}

}  // namespace
}  // namespace davit::container
