#include "dockerfile/build_args.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

TEST(BuildArguments, HaveKinds) {
  for (const char* proxy : {"HTTP_PROXY", "http_proxy", "NO_PROXY", "all_proxy"}) {
    EXPECT_TRUE(is_proxy_argument(proxy)) << proxy;
  }
  EXPECT_FALSE(is_proxy_argument("Http_Proxy"));
  EXPECT_TRUE(is_platform_argument("TARGETPLATFORM"));
  EXPECT_TRUE(is_platform_argument("BUILDVARIANT"));
  EXPECT_FALSE(is_platform_argument("TARGET"));
  EXPECT_TRUE(is_builder_argument("BUILDKIT_SBOM_SCAN_STAGE"));
  EXPECT_FALSE(is_builder_argument("A"));
}

TEST(BuildArguments, OfThePlatform) {
  const Environment all =
      platform_arguments({"linux", "amd64"}, {"windows", "arm64", "v8", "10.0"}, "", {{"TARGETARCH", "mine"}});
  EXPECT_EQ(all.get("BUILDPLATFORM"), "linux/amd64");
  EXPECT_EQ(all.get("BUILDVARIANT"), "");
  EXPECT_EQ(all.get("TARGETPLATFORM"), "windows(10.0)/arm64/v8");
  EXPECT_EQ(all.get("TARGETOSVERSION"), "10.0");
  EXPECT_EQ(all.get("TARGETARCH"), "mine");
  EXPECT_EQ(all.get("TARGETSTAGE"), "default");
}

TEST(BuildArguments, GlobalOnesHaveGivenValuesOrDefaultsInOrder) {
  const Dockerfile file =
      parse("Dockerfile", "ARG A=1 B=$A-2\nARG C\nARG D=${TARGETOS}\nARG E=\nARG F=\"x y\"\nFROM a\nARG G=1\n");
  const Environment globals =
      global_arguments(file, platform_arguments({"linux", "x"}, {"linux", "x"}, ""), {{"A", "9"}, {"G", "7"}});
  EXPECT_EQ(globals.get("A"), "9");
  EXPECT_EQ(globals.get("B"), "9-2");
  EXPECT_EQ(globals.get("C"), std::nullopt);
  EXPECT_EQ(globals.get("D"), "linux");
  EXPECT_EQ(globals.get("E"), "");
  EXPECT_EQ(globals.get("F"), "x y");
  EXPECT_EQ(globals.get("G"), std::nullopt);
}

TEST(BuildArguments, AMistakeInADefaultHasItsPlace) {
  const Dockerfile file = parse("Dockerfile", "ARG A=1\nARG B=${A\nFROM a\n");
  try {
    global_arguments(file, {}, {});
    FAIL();
  } catch (const SourceError& error) {
    EXPECT_EQ(error.lines(), (LineRange{2, 2}));
    EXPECT_EQ(error.reason(), "failed to process \"${A\": syntax error: missing '}'");
  }
  EXPECT_EQ(global_arguments(file, {}, {{"B", "given"}}).get("B"), "given");
}

}  // namespace
}  // namespace davit::dockerfile
