#include "layer/archive_name.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::layer {
namespace {

TEST(ArchiveName, IsCleanedAsDockerDoes) {
  EXPECT_EQ(clean_archive_path("a/b"), "a/b");
  EXPECT_EQ(clean_archive_path("./a//./b/"), "a/b");
  EXPECT_EQ(clean_archive_path("/a/x/../b"), "a/b");
  EXPECT_EQ(clean_archive_path("a/.."), "");
  EXPECT_EQ(clean_archive_path("/../../etc"), "etc");
  EXPECT_EQ(clean_archive_path("..a/b.."), "..a/b..");
  EXPECT_EQ(clean_archive_path("./"), "");
}

TEST(ArchiveName, ThatClimbsOutIsRefused) {
  for (const auto* path : {"..", "../x", "a/../../x", "./../x"}) {
    EXPECT_THROW(clean_archive_path(path), base::Error) << path;
  }
}

TEST(ArchiveName, ThatLinuxCannotHoldIsRefused) {
  EXPECT_EQ(clean_archive_path(std::string(255, 'a')).size(), 255U);
  EXPECT_THROW(clean_archive_path(std::string(256, 'a')), base::Error);
  EXPECT_THROW(clean_archive_path(std::string(10'000, 'a')), base::Error);
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "a/";
  EXPECT_THROW(clean_archive_path(deep), base::Error);
  EXPECT_THROW(clean_archive_path(std::string("a\0b", 3)), base::Error);
}

TEST(ArchiveName, OfAWhiteoutTellsWhatItHides) {
  const auto name = parse_archive_name("./etc/.wh.passwd");
  EXPECT_EQ(name.kind, NameKind::kWhiteout);
  EXPECT_EQ(name.parent, "etc");
  EXPECT_EQ(name.name, "passwd");
  EXPECT_EQ(parse_archive_name("etc/.wh..wh..opq").kind, NameKind::kOpaque);
  EXPECT_EQ(parse_archive_name("etc/.wh..wh..opq").parent, "etc");
  EXPECT_EQ(parse_archive_name(".wh..wh..opq").parent, "");
  EXPECT_EQ(parse_archive_name("etc/a.wh.b").kind, NameKind::kEntry);
  EXPECT_EQ(parse_archive_name("").kind, NameKind::kRoot);
}

TEST(ArchiveName, OfAWhiteoutMayBeLongerByItsPrefix) {
  EXPECT_EQ(parse_archive_name("d/.wh." + std::string(255, 'n')).name, std::string(255, 'n'));
  EXPECT_THROW(parse_archive_name(".wh." + std::string(256, 'n')), base::Error);
  EXPECT_THROW(parse_archive_name(".wh." + std::string(255, 'n') + "/x"), base::Error);
}

TEST(ArchiveName, OfAufsMetadataIsIgnored) {
  EXPECT_EQ(parse_archive_name(".wh..wh.aufs").kind, NameKind::kIgnored);
  EXPECT_EQ(parse_archive_name(".wh..wh.plnk/12.34").kind, NameKind::kIgnored);
  EXPECT_EQ(parse_archive_name("a/.wh..wh.orph/x").kind, NameKind::kIgnored);
}

TEST(ArchiveName, OfAWhiteoutOfNothingIsRefused) {
  for (const auto* path : {".wh.", "a/.wh.", ".wh..", ".wh...", "a/.wh.b/c"}) {
    EXPECT_THROW(parse_archive_name(path), base::Error) << path;
  }
}

TEST(ArchiveName, InsideMeansBelowByWholeNames) {
  EXPECT_TRUE(is_inside("a/b", "a"));
  EXPECT_TRUE(is_inside("a", "a"));
  EXPECT_TRUE(is_inside("a", ""));
  EXPECT_FALSE(is_inside("ab", "a"));
  EXPECT_FALSE(is_inside("a", "a/b"));
}

}  // namespace
}  // namespace davit::layer
