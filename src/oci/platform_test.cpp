#include "oci/platform.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::oci {
namespace {

std::string message_of(const std::string& text) {
  try {
    Platform::parse(text);
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
    return e.message();
  }
  return "";
}

std::optional<int> rank(const char* wanted, const char* candidate) {
  return match(Platform::parse(wanted), Platform::parse(candidate));
}

TEST(Platform, ParsesAndNormalises) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"linux/amd64", "linux/amd64"},       {"linux/x86_64", "linux/amd64"},
      {"Linux/X86-64", "linux/amd64"},      {"linux/amd64/v1", "linux/amd64"},
      {"linux/amd64/v3", "linux/amd64/v3"}, {"linux/aarch64", "linux/arm64"},
      {"linux/arm64/v8", "linux/arm64"},    {"linux/arm64/8", "linux/arm64"},
      {"linux/arm", "linux/arm/v7"},        {"linux/arm/6", "linux/arm/v6"},
      {"linux/armhf", "linux/arm/v7"},      {"linux/armel", "linux/arm/v6"},
      {"linux/i386", "linux/386"},          {"macos/arm64", "darwin/arm64"},
      {"linux/s390x", "linux/s390x"},       {"plan9/unheard-of", "plan9/unheard-of"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Platform::parse(text).text(), expected) << text;
}

TEST(Platform, OfOneWordTakesTheRestFromTheHost) {
  const Platform host = Platform::host();
  EXPECT_EQ(Platform::parse("linux"), host);
  EXPECT_EQ(Platform::parse("arm64").text(), "linux/arm64");
  EXPECT_EQ(Platform::parse("riscv64").text(), "linux/riscv64");
  EXPECT_EQ(Platform::parse("windows").os, "windows");
  EXPECT_EQ(Platform::parse("windows").architecture, host.architecture);
}

TEST(Platform, RefusesWithContainerdsWords) {
  EXPECT_EQ(message_of("toaster"), "\"toaster\": unknown operating system or architecture: invalid argument");
  EXPECT_EQ(message_of("a/b/c/d"), "\"a/b/c/d\": cannot parse platform specifier: invalid argument");
  EXPECT_EQ(message_of("linux/*"),
            "\"*\" is an invalid component of \"linux/*\": platform specifier component must match "
            "\"^[A-Za-z0-9_.-]+$\": invalid argument");
  EXPECT_NE(message_of(""), "");
  EXPECT_NE(message_of("linux/"), "");
  EXPECT_NE(message_of("/amd64"), "");
}

TEST(Platform, HostIsNormalised) {
  const Platform host = Platform::host();
  EXPECT_EQ(host.os, "linux");
  EXPECT_FALSE(host.architecture.empty());
  EXPECT_EQ(host, host.normalized());
}

TEST(PlatformMatch, IsExactFirst) {
  EXPECT_EQ(rank("linux/amd64", "linux/amd64"), 0);
  EXPECT_EQ(rank("linux/arm64", "linux/arm64/v8"), 0);
  EXPECT_EQ(rank("linux/arm/v7", "linux/arm"), 0);
  EXPECT_EQ(rank("linux/s390x", "linux/s390x"), 0);
}

TEST(PlatformMatch, FallsBackToWhatTheProcessorRunsToo) {
  EXPECT_EQ(rank("linux/amd64", "linux/386"), 1);
  EXPECT_EQ(rank("linux/amd64/v3", "linux/amd64/v2"), 1);
  EXPECT_EQ(rank("linux/amd64/v3", "linux/amd64"), 2);
  EXPECT_EQ(rank("linux/arm/v7", "linux/arm/v6"), 1);
  EXPECT_EQ(rank("linux/arm/v7", "linux/arm/v5"), 2);
  EXPECT_LT(*rank("linux/arm64", "linux/arm/v8"), *rank("linux/arm64", "linux/arm/v7"));
  EXPECT_LT(*rank("linux/arm64", "linux/arm/v6"), *rank("linux/arm64", "linux/arm/v5"));
  EXPECT_LT(*rank("linux/arm64/v9.1", "linux/arm64/v9"), *rank("linux/arm64/v9.1", "linux/arm64/v8.6"));
  EXPECT_LT(*rank("linux/arm64/v9.1", "linux/arm64/v8.1"), *rank("linux/arm64/v9.1", "linux/arm64"));
}

TEST(PlatformMatch, NeverTakesWhatTheProcessorCannotRun) {
  EXPECT_FALSE(rank("linux/amd64", "linux/arm64"));
  EXPECT_FALSE(rank("linux/amd64", "linux/amd64/v2"));
  EXPECT_FALSE(rank("linux/386", "linux/amd64"));
  EXPECT_FALSE(rank("linux/arm/v6", "linux/arm/v7"));
  EXPECT_FALSE(rank("linux/arm64", "linux/arm64/v8.1"));
  EXPECT_FALSE(rank("linux/arm64/v9", "linux/arm64/v8.6"));
  EXPECT_FALSE(rank("linux/amd64", "windows/amd64"));
  EXPECT_FALSE(rank("linux/s390x", "linux/ppc64le"));
  EXPECT_FALSE(match(Platform::parse("linux/amd64"), Platform{"unknown", "unknown", "", ""}));
}

TEST(PlatformMatch, OfAnUnknownVariantIsTheVariantItself) {
  const Platform odd{"linux", "arm64", "v99999999999", ""};
  EXPECT_EQ(match(odd, odd), 0);
  EXPECT_FALSE(match(odd, Platform::parse("linux/arm64")));
}

}  // namespace
}  // namespace davit::oci
