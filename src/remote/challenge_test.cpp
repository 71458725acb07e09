#include "remote/challenge.h"

#include <gtest/gtest.h>

namespace davit::remote {
namespace {

TEST(Challenge, dockers_bearer_challenge_is_read) {
  const auto found = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].scheme, "bearer");
  EXPECT_EQ(found[0].parameter("realm"), "https://auth.docker.io/token");
  EXPECT_EQ(found[0].parameter("service"), "registry.docker.io");
  EXPECT_EQ(found[0].parameter("scope"), "repository:a/b:pull,push");
  EXPECT_EQ(found[0].parameter("error"), "");
}

TEST(Challenge, schemes_and_names_have_no_case) {
  const auto found = parse_challenges(R"(BASIC Realm="R")");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].scheme, "basic");
  EXPECT_EQ(found[0].parameter("realm"), "R");
}

TEST(Challenge, several_in_one_header_are_told_apart) {
  const auto found =
      parse_challenges(R"(Newauth realm="apps", type=1, title="Login to \"apps\", or=not", Basic realm="simple")");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].scheme, "newauth");
  EXPECT_EQ(found[0].parameter("type"), "1");
  EXPECT_EQ(found[0].parameter("title"), "Login to \"apps\", or=not");
  EXPECT_EQ(found[1].scheme, "basic");
  EXPECT_EQ(found[1].parameter("realm"), "simple");
}

TEST(Challenge, schemes_without_parameters_and_with_token68_are_read_over) {
  const auto found = parse_challenges("Negotiate, NTLM TlRMTVNTUAAB==, Basic realm=x");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].scheme, "negotiate");
  EXPECT_EQ(found[1].scheme, "ntlm");
  EXPECT_TRUE(found[1].parameters.empty());
  EXPECT_EQ(found[2].parameter("realm"), "x");
}

TEST(Challenge, space_around_equals_and_empty_elements_are_allowed) {
  const auto found = parse_challenges(R"( , Bearer  realm = "a" ,, service	=b ,)");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].parameter("realm"), "a");
  EXPECT_EQ(found[0].parameter("service"), "b");
}

TEST(Challenge, of_a_repeated_parameter_the_first_counts) {
  EXPECT_EQ(parse_challenges(R"(Bearer realm="a",realm="b")").at(0).parameter("realm"), "a");
}

TEST(Challenge, what_follows_a_syntax_error_is_ignored) {
  const auto unterminated = parse_challenges(R"(Bearer realm="a",service="b)");
  ASSERT_EQ(unterminated.size(), 1u);
  EXPECT_EQ(unterminated[0].parameter("realm"), "a");
  EXPECT_EQ(unterminated[0].parameter("service"), "");
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges("\"x\"").empty());
  EXPECT_TRUE(parse_challenges(std::string(1 << 20, 'a')).empty());
}

}  // namespace
}  // namespace davit::remote
