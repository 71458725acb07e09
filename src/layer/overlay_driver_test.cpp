// The overlay driver's own: its files, crashes, locks and probe. What every driver must do is in
// tests/contract/layer_driver_test.cpp.

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "layer/layer_store.h"
#include "layer/overlay_probe.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;
using test::Archive;

std::unique_ptr<LayerStore> open_overlay(const std::filesystem::path& root) {
  return open_layers({.root = root, .run = root / "run", .driver = "overlay"});
}

class OverlayDriverTest : public testing::Test {
 protected:
  std::unique_ptr<StagedLayer> stage(LayerStore& driver, const Archive& archive) {
    const std::string bytes = archive.bytes();
    base::MemorySource source(bytes);
    return driver.stage(archive.diff_id(), source);
  }
  void add(LayerStore& driver, const Archive& archive) {
    if (auto staged = stage(driver, archive)) {
      driver.sync();
      staged->commit();
    }
  }
  std::size_t adapted_count() { return fs::list(root_ / "overlay" / "adapted").size(); }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path root_ = folder_.path();
};

TEST_F(OverlayDriverTest, WhatACrashLeftIsRemovedByTheNextOpen) {
  open_overlay(root_);
  const auto left = root_ / "overlay" / "staging" / std::string(64, 'a');
  fs::make_directories(left / "diff");
  fs::write_file(left / "diff" / "file", "half");
  open_overlay(root_);
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(OverlayDriverTest, WhatSomebodyWorksOnIsLeftAlone) {
  auto driver = open_overlay(root_);
  const Archive archive = Archive().file("f", "1");
  auto staged = stage(*driver, archive);
  open_overlay(root_);
  driver->sync();
  staged->commit();
  EXPECT_TRUE(driver->find(archive.diff_id()));
}

TEST_F(OverlayDriverTest, NothingIsLeftAfterACommit) {
  auto driver = open_overlay(root_);
  add(*driver, Archive().file("f", "1"));
  EXPECT_TRUE(fs::list(root_ / "overlay" / "staging").empty());
  EXPECT_TRUE(fs::list(root_ / "overlay" / "locks").empty());
}

TEST_F(OverlayDriverTest, ARecordOfANewerFormatIsRefused) {
  auto driver = open_overlay(root_);
  const Archive archive = Archive().file("f", "1");
  add(*driver, archive);
  const auto path = root_ / "overlay" / archive.diff_id().hex() / "layer.json";
  std::string text = fs::read_file(path);
  text.replace(text.find("\"format\":1"), 10, "\"format\":2");
  fs::write_file(path, text);
  try {
    (void)driver->find(archive.diff_id());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotSupported);
  }
  fs::write_file(path, "{");
  EXPECT_THROW((void)driver->find(archive.diff_id()), Error);
}

TEST_F(OverlayDriverTest, AnAdaptedLayerIsMadeOncePerChainAndGoesWithItsLayers) {
  auto driver = open_overlay(root_);
  const Archive base = Archive().folder("tmp", 01777);
  const Archive other = Archive().folder("tmp", 0700);
  const Archive top = Archive().file("tmp/x", "");
  for (const auto* archive : {&base, &other, &top}) add(*driver, *archive);
  fs::make_directory(root_ / "m");
  const auto mode_of_tmp = [&](const Archive& below) {
    driver->mount({.diff_ids = {below.diff_id(), top.diff_id()}, .upper = {}, .work = {}, .target = root_ / "m"});
    const mode_t mode = fs::Directory::open(root_ / "m").status("tmp")->st_mode & 07777;
    driver->unmount(root_ / "m");
    return mode;
  };
  EXPECT_EQ(mode_of_tmp(base), 01777U);
  EXPECT_EQ(mode_of_tmp(base), 01777U);
  EXPECT_EQ(adapted_count(), 1U);
  EXPECT_EQ(mode_of_tmp(other), 0700U);
  EXPECT_EQ(adapted_count(), 2U);
  driver->remove(other.diff_id());
  EXPECT_EQ(adapted_count(), 1U);
  EXPECT_EQ(mode_of_tmp(base), 01777U);
  driver->remove(top.diff_id());
  EXPECT_EQ(adapted_count(), 0U);
}

TEST_F(OverlayDriverTest, AStagedLayerIsSharedWithWhoeverWantsItToo) {
  auto first = open_overlay(root_);
  auto second = open_overlay(root_);
  const Archive a = Archive().file("a", "");
  const Archive b = Archive().file("b", "");
  // Each has staged what the other wants: neither waits.
  auto first_a = stage(*first, a);
  auto second_b = stage(*second, b);
  auto first_b = stage(*first, b);
  auto second_a = stage(*second, a);
  ASSERT_TRUE(first_b && second_a);
  first_a.reset();  // gives up; the other's layer stays
  second->sync();
  second_a->commit();
  second_b->commit();
  EXPECT_EQ(first_b->commit().entries, 1U);
  EXPECT_EQ(first->list().size(), 2U);
  EXPECT_TRUE(fs::list(root_ / "overlay" / "locks").empty());
}

TEST_F(OverlayDriverTest, TheProbeNamesAFileSystemThatCannotCarryAnOverlay) {
  for (const auto* name : {"l", "u", "w", "m"}) fs::make_directory(root_ / name);
  fs::mount_overlay({.lower = {root_ / "l"}, .upper = root_ / "u", .work = root_ / "w", .target = root_ / "m"});
  try {
    open_overlay(root_ / "m");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotSupported);
    EXPECT_NE(e.message().find((root_ / "m").string()), std::string::npos) << e.message();
    EXPECT_NE(e.message().find("lies on overlay"), std::string::npos) << e.message();
    EXPECT_NE(e.message().find("choose a --root"), std::string::npos) << e.message();
  }
  fs::unmount(root_ / "m");
}

TEST_F(OverlayDriverTest, TheProbeIsMadeOnceAndLeavesNothing) {
  open_overlay(root_);
  const auto note = fs::read_file(root_ / "overlay" / "probed");
  for (const auto& name : fs::list(root_ / "overlay")) EXPECT_FALSE(name.starts_with("probe-")) << name;
  EXPECT_FALSE(fs::is_mount_point(root_ / "overlay"));
  fs::write_file(root_ / "overlay" / "probed", "of another boot\n");
  open_overlay(root_);
  EXPECT_EQ(fs::read_file(root_ / "overlay" / "probed"), note);
}

}  // namespace
}  // namespace davit::layer
