#include "oci/reference.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::oci {
namespace {

const std::string kHex(64, 'a');
const std::string kSha256 = "sha256:" + kHex;
const std::string kInvalid = "invalid reference format";

std::string uppercase(const std::string& name) {
  return "invalid reference format: repository name (" + name + ") must be lowercase";
}

std::string message_of(const std::string& text, Words words = Words::kClient) {
  try {
    Reference::parse(text, words);
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
    return e.message();
  }
  return "";
}

TEST(Reference, NormalisesNames) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"alpine", "docker.io/library/alpine"},
      {"alpine:3", "docker.io/library/alpine:3"},
      {"team/app", "docker.io/team/app"},
      {"docker.io/alpine", "docker.io/library/alpine"},
      {"docker.io/library/alpine", "docker.io/library/alpine"},
      {"index.docker.io/alpine", "docker.io/library/alpine"},
      {"index.docker.io/team/app", "docker.io/team/app"},
      {"docker.io", "docker.io/library/docker.io"},
      {"localhost", "docker.io/library/localhost"},
      {"localhost/app", "localhost/app"},
      {"localhost:5000/app", "localhost:5000/app"},
      {"127.0.0.1:5000/team/app:1.0.0", "127.0.0.1:5000/team/app:1.0.0"},
      {"registry.example.com/a/b/c/d", "registry.example.com/a/b/c/d"},
      {"[::1]/app", "[::1]/app"},
      {"[2001:db8::1]:5000/app:x", "[2001:db8::1]:5000/app:x"},
      {"REGISTRY/app", "REGISTRY/app"},
      {"Registry.Example.com/app", "Registry.Example.com/app"},
      {"registry:5000", "docker.io/library/registry:5000"},
      {"a--b", "docker.io/library/a--b"},
      {"a__b-c_d/e-f.g", "docker.io/a__b-c_d/e-f.g"},
      {"alpine@" + kSha256, "docker.io/library/alpine@" + kSha256},
      {"alpine:3@" + kSha256, "docker.io/library/alpine:3@" + kSha256},
      {kHex + ":tag", "docker.io/library/" + kHex + ":tag"},
      {kHex.substr(1), "docker.io/library/" + kHex.substr(1)},
      {"library/" + kHex, "docker.io/library/" + kHex},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Reference::parse(text).text(), expected) << text;
}

TEST(Reference, ShowsItsParts) {
  const Reference reference = Reference::parse("127.0.0.1:5000/team/app:1.0.0@" + kSha256);
  EXPECT_EQ(reference.repository().domain(), "127.0.0.1:5000");
  EXPECT_EQ(reference.repository().path(), "team/app");
  EXPECT_EQ(reference.tag(), "1.0.0");
  EXPECT_EQ(reference.digest()->text(), kSha256);
}

TEST(Reference, IsFamiliarAsUsersWriteIt) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"docker.io/library/alpine:3", "alpine:3"},
      {"docker.io/team/app", "team/app"},
      {"docker.io/library/a/b", "library/a/b"},
      {"127.0.0.1:5000/library/busybox:1.36", "127.0.0.1:5000/library/busybox:1.36"},
      {"alpine@" + kSha256, "alpine@" + kSha256},
      // Shorter would mean another registry, or an image ID.
      {"docker.io/localhost/app", "docker.io/localhost/app"},
      {"docker.io/quay.io/app", "docker.io/quay.io/app"},
      {"library/" + kHex, "library/" + kHex},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Reference::parse(text).familiar(), expected) << text;
}

TEST(Reference, RefusesWithDockersWords) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BAD:Name", uppercase("library/BAD")},
      {"BAD", uppercase("library/BAD")},
      {"team/App", uppercase("team/App")},
      {"REGISTRY/App", uppercase("App")},
      {"Foo_bar/baz", uppercase("Foo_bar/baz")},
      {"alpine@SHA256:" + kHex, uppercase("library/alpine@SHA256")},
      {"", kInvalid},
      {":tag", kInvalid},
      {"@" + kSha256, kInvalid},
      {"alpine:", kInvalid},
      {"alpine@", kInvalid},
      {"a:b:c", kInvalid},
      {"alpine:-x", kInvalid},
      {"alpine:" + std::string(129, 'x'), kInvalid},
      {"alpine:3@", kInvalid},
      {"alpine@sha256:abcd", kInvalid},
      {"alpine@" + kSha256 + "@" + kSha256, kInvalid},
      {"alpine@" + kSha256 + ":3", kInvalid},
      {"/alpine", kInvalid},
      {"alpine/", kInvalid},
      {"a//b", kInvalid},
      {"-alpine", kInvalid},
      {"alpine-", kInvalid},
      {"a..b", kInvalid},
      {"a___b", kInvalid},
      {"a_.b", kInvalid},
      {"al pine", kInvalid},
      {"alpine\n", kInvalid},
      {std::string("alp\0ine", 7), kInvalid},
      {"größe", kInvalid},
      {"https://registry.example.com/app", kInvalid},
      {"localhost:/app", kInvalid},
      {"localhost:port/app", kInvalid},
      {"-host.example.com/app", kInvalid},
      {"host..example.com/app", kInvalid},
      {"[::1/app", kInvalid},
      {"[]/app", kInvalid},
      {"[fe80::1%eth0]/app", kInvalid},
      {"foo__bar.x/baz", kInvalid},
      {kHex, "invalid repository name (" + kHex + "), cannot specify 64-byte hexadecimal strings"},
      {std::string(256, 'a'), "repository name must not be more than 255 characters"},
      {"example.com/" + std::string(256, 'a'), "repository name must not be more than 255 characters"},
      {"alpine@sha256:" + std::string(40, 'a'),
       "invalid digest 'sha256:" + std::string(40, 'a') + "': invalid checksum digest length"},
      {"alpine@sha256:" + std::string(64, 'A'),
       "invalid digest 'sha256:" + std::string(64, 'A') + "': invalid checksum digest format"},
      {"alpine@sha999:" + kHex, "invalid digest 'sha999:" + kHex + "': unsupported digest algorithm"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(message_of(text), expected) << text;
}

TEST(Reference, WithCapitalsIsRefusedInTheDaemonsWordsWhereItParses) {
  const std::string words = "invalid reference format: repository name must be lowercase";
  EXPECT_EQ(message_of("BAD:Name", Words::kDaemon), words);
  EXPECT_EQ(message_of("Foo_bar/baz", Words::kDaemon), words);
  EXPECT_EQ(message_of("a:b:c", Words::kDaemon), kInvalid);
  EXPECT_THROW(Reference::parse_tagged("BAD", Words::kDaemon), base::Error);
}

TEST(Reference, TakesThePathToTheLimitWhateverTheHost) {
  EXPECT_EQ(message_of("example.com/" + std::string(255, 'a')), "");
  EXPECT_EQ(message_of("docker.io/library/" + std::string(247, 'a')), "");
  EXPECT_NE(message_of(std::string(248, 'a')), "") << "with library/ before it, that is 256";
}

TEST(Reference, OfAHugeTextIsRefusedNotCrashed) {
  EXPECT_NE(message_of(std::string(5'000'000, 'a')), "");
  EXPECT_EQ(message_of(std::string(1'000'000, '/')), kInvalid);
}

TEST(Reference, TagIsLatestWhereNoneIsGiven) {
  EXPECT_EQ(Reference::parse_tagged("alpine").familiar(), "alpine:latest");
  EXPECT_EQ(Reference::parse_tagged("alpine:3").familiar(), "alpine:3");
  EXPECT_EQ(Reference::parse_tagged("alpine@" + kSha256).familiar(), "alpine@" + kSha256);
  EXPECT_FALSE(Reference::parse("alpine").tag());
}

TEST(Reference, IsMadeFromParts) {
  const RepositoryName repository = RepositoryName::parse("127.0.0.1:5000/team/app");
  EXPECT_EQ(Reference::with_tag(repository, "1").text(), "127.0.0.1:5000/team/app:1");
  EXPECT_EQ(Reference::with_digest(repository, Digest::parse(kSha256)).text(), "127.0.0.1:5000/team/app@" + kSha256);
  EXPECT_THROW(Reference::with_tag(repository, "a/b"), base::Error);
}

TEST(RepositoryName, HasNeitherTagNorDigest) {
  EXPECT_EQ(RepositoryName::parse("alpine").text(), "docker.io/library/alpine");
  EXPECT_EQ(RepositoryName::parse("alpine").familiar(), "alpine");
  EXPECT_THROW(RepositoryName::parse("alpine:3"), base::Error);
  EXPECT_THROW(RepositoryName::parse("alpine@" + kSha256), base::Error);
}

TEST(Tag, IsTheGrammars) {
  for (const char* good : {"1", "_x", "V1.2-3_4", "latest"}) EXPECT_TRUE(is_valid_tag(good)) << good;
  for (const char* bad : {"", ".x", "-x", "a/b", "a:b", "a+b", "ä", "a b"}) EXPECT_FALSE(is_valid_tag(bad)) << bad;
  EXPECT_TRUE(is_valid_tag(std::string(128, 'x')));
  EXPECT_FALSE(is_valid_tag(std::string(129, 'x')));
}

TEST(HistoryReference, CountsMovesBack) {
  const auto history = parse_history_reference("127.0.0.1:5000/app:1.0@{2}");
  ASSERT_TRUE(history);
  EXPECT_EQ(history->reference.text(), "127.0.0.1:5000/app:1.0");
  EXPECT_EQ(history->index, 2U);
}

TEST(HistoryReference, WithoutATagIsOfLatest) {
  const auto history = parse_history_reference("name@{1}");
  ASSERT_TRUE(history);
  EXPECT_EQ(history->reference.familiar(), "name:latest");
  EXPECT_EQ(history->index, 1U);
}

TEST(HistoryReference, IsNotWhatHasNoBraces) {
  for (const std::string& text : {std::string("name:tag"), "name@" + kSha256, std::string("name@{1"),
                                  std::string("{1}"), std::string("name{1}"), std::string()}) {
    EXPECT_FALSE(parse_history_reference(text)) << text;
  }
}

TEST(HistoryReference, MustHoldANumberAndAGoodName) {
  for (const std::string& text : {std::string("name@{}"), std::string("name@{-1}"), std::string("name@{+1}"),
                                  std::string("name@{1x}"), std::string("name@{ 1}"), std::string("name@{99999999999}"),
                                  std::string("NAME@{1}"), std::string("@{1}"), "name@" + kSha256 + "@{1}"}) {
    EXPECT_THROW(parse_history_reference(text), base::Error) << text;
  }
}

}  // namespace
}  // namespace davit::oci
