#include "container/merge_mounts.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "container/volume_spec.h"

namespace davit::container {
namespace {

std::vector<std::string> shown(const std::vector<MountPoint>& mounts) {
  std::vector<std::string> lines;
  for (const auto& mount : mounts) {
    const bool named = mount.source.size() != 64;
    lines.push_back((named ? mount.source : "ANON") + ":" + mount.target.string());
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(MergeMounts, WhatIsAskedForByNameWins) {
  const std::vector<MountPoint> others = {parse_volume("old:/a"), parse_volume("old2:/b")};
  const auto merged = merge_mounts({parse_volume("/host:/a"), parse_volume("/c")}, others, {"/c", "/b", "/d"});
  EXPECT_EQ(shown(merged), (Lines{"/host:/a", "old2:/b", "ANON:/c", "ANON:/d"}));
  EXPECT_EQ(merged[2].origin, MountOrigin::kVolumeFlag);
  EXPECT_EQ(merged[3].origin, MountOrigin::kImage);
  EXPECT_NE(merged[2].source, merged[3].source);
}

TEST(MergeMounts, AnonymousOnesOfMountFlagsGetNamesToo) {
  const MountPoint anonymous = {
      .kind = MountKind::kVolume, .origin = MountOrigin::kMountFlag, .target = "/x", .anonymous = true};
  EXPECT_EQ(shown(merge_mounts({anonymous}, {}, {"/x"})), (Lines{"ANON:/x"}));
}

TEST(MergeMounts, RefusesATargetTwice) {
  for (const auto& pair : {std::pair{parse_volume("/a:/x"), parse_volume("/b:/x/")},
                           std::pair{parse_volume("/a:/x"), parse_tmpfs("/x")}}) {
    try {
      merge_mounts({pair.first, pair.second}, {}, {});
      FAIL() << "taken";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.message(), "Duplicate mount point: /x");
    }
  }
}

}  // namespace
}  // namespace davit::container
