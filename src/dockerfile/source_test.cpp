#include "dockerfile/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

using testing::HasSubstr;

TEST(DockerfileSource, HasLinesWithoutTheirEnds) {
  const Source source("Dockerfile",
                      "\xef\xbb\xbf"
                      "FROM a\r\nRUN b\n");
  EXPECT_EQ(source.line_count(), 3U);
  EXPECT_EQ(source.line(1), "FROM a");
  EXPECT_EQ(source.line(2), "RUN b");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line_of(0), 1U);
  EXPECT_EQ(source.line_of(8), 2U);
}

TEST(DockerfileSource, ExcerptMarksTheLinesAmongTheirNeighbours) {
  const Source source("app.Dockerfile", "FROM a\n\nRUN b \\\n\tc\nCMD d\nUSER e\n");
  EXPECT_EQ(
      excerpt(source, {3, 4}),
      "app.Dockerfile:3\n--------------------\n   2 |     \n   3 | >>> RUN b \\\n   4 | >>> \tc\n   5 |     CMD d\n"
      "--------------------\n");
  EXPECT_EQ(excerpt(source, {1, 1}),
            "app.Dockerfile:1\n--------------------\n   1 | >>> FROM a\n   2 |     \n   3 |     RUN b \\\n"
            "--------------------\n");
}

TEST(DockerfileSource, ExcerptOfNoPlaceIsEmpty) {
  const Source source("Dockerfile", "FROM a");
  EXPECT_EQ(excerpt(source, {0, 0}), "");
  EXPECT_EQ(excerpt(source, {2, 2}), "");
  EXPECT_THAT(excerpt(source, {1, 9}), HasSubstr("   1 | >>> FROM a\n"));
}

TEST(DockerfileSource, ExcerptIsBoundedAndPrintable) {
  std::string text = "FROM \x1b[2J" + std::string(5000, 'x') + "\n";
  for (int i = 0; i < 1000; ++i) text += "RUN x\n";
  const Source source("Dockerfile", text);
  EXPECT_THAT(excerpt(source, {1, 1}), HasSubstr("FROM \\x1b[2J"));
  const std::string all = excerpt(source, {1, 1001});
  EXPECT_LT(all.size(), 2000U);
  EXPECT_THAT(all, HasSubstr("     | ...\n"));
  EXPECT_THAT(all, HasSubstr(" 1001 | >>> RUN x\n"));
}

TEST(DockerfileSource, ErrorHasExcerptAndReason) {
  const SourceError error(base::Code::kInvalidArgument, Source("Dockerfile", "FROM a"), {1, 1}, "it is wrong");
  EXPECT_EQ(error.message(),
            "Dockerfile:1\n--------------------\n   1 | >>> FROM a\n--------------------\nit is wrong");
  EXPECT_EQ(error.reason(), "it is wrong");
  EXPECT_EQ(error.lines(), (LineRange{1, 1}));
}

}  // namespace
}  // namespace davit::dockerfile
