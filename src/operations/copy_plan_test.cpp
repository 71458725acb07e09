#include "operations/copy_plan.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::operations {
namespace {

std::string plan(const CopySource& source, const CopyDestination& destination) {
  try {
    const auto made = plan_copy(source, destination);
    return made.folder + " | " + made.name;
  } catch (const base::Error& error) {
    return error.message();
  }
}

constexpr auto kMissing = [](const char* path) { return CopyDestination{.path = path}; };
constexpr auto kFolder = [](const char* path) {
  return CopyDestination{.path = path, .exists = true, .is_folder = true};
};
constexpr auto kFile = [](const char* path) { return CopyDestination{.path = path, .exists = true}; };

TEST(CopyName, KnowsHowAPathEnds) {
  EXPECT_EQ(parse_copy_name("a//b/").path, "/a/b");
  EXPECT_TRUE(parse_copy_name("/a/").asserts_folder && !parse_copy_name("/a/").contents_only);
  EXPECT_TRUE(parse_copy_name("/a/.").contents_only && parse_copy_name(".").contents_only);
  EXPECT_TRUE(parse_copy_name("/").contents_only);
  EXPECT_FALSE(parse_copy_name("/a/b.").asserts_folder);
  EXPECT_EQ(parse_copy_name("/a/../b").path, "/b");
  EXPECT_EQ(parse_copy_name("../../b").path, "/b");
  EXPECT_EQ(parse_copy_name("").path, "/");
  EXPECT_EQ(folder_of("/a/b"), "/a");
  EXPECT_EQ(folder_of("/a"), "/");
  EXPECT_EQ(name_in_folder("/a/b"), "b");
  EXPECT_EQ(name_in_folder("/"), ".");
}

TEST(CopyPlan, AFile) {
  const CopySource file = {.name = "f"};
  EXPECT_EQ(plan(file, kFolder("/d")), "/d | f");
  EXPECT_EQ(plan(file, kFile("/d/x")), "/d | x");
  EXPECT_EQ(plan(file, kMissing("/d/x")), "/d | x");
  EXPECT_EQ(plan(file, {.path = "/d/x", .asserts_folder = true}), "no such directory");
  EXPECT_EQ(plan(file, {.path = "/d/x", .exists = true, .asserts_folder = true}), "no such directory");
}

TEST(CopyPlan, AFolder) {
  const CopySource folder = {.name = "s", .is_folder = true};
  EXPECT_EQ(plan(folder, kFolder("/d")), "/d | s");
  EXPECT_EQ(plan(folder, kFile("/d/x")), "cannot copy directory");
  EXPECT_EQ(plan(folder, kMissing("/d/x")), "/d | x");
  EXPECT_EQ(plan(folder, {.path = "/d/x", .asserts_folder = true}), "/d | x");
}

TEST(CopyPlan, WhatIsInAFolder) {
  const CopySource contents = {.name = "s", .is_folder = true, .contents_only = true};
  EXPECT_EQ(plan(contents, kFolder("/d")), "/d | ");
  EXPECT_EQ(plan(contents, kMissing("/d/x")), "/d | x");
  EXPECT_EQ(plan(contents, kFile("/d/x")), "cannot copy directory");
}

}  // namespace
}  // namespace davit::operations
