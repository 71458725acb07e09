// The small parts: scopes, Retry-After, links.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "remote/link.h"
#include "remote/retry.h"
#include "remote/scope.h"

namespace davit::remote {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Scope, text_and_parts_agree) {
  const auto repository = oci::RepositoryName::parse("127.0.0.1:5000/team/app");
  EXPECT_EQ(Scope::pull(repository).text(), "repository:team/app:pull");
  EXPECT_EQ(Scope::push(repository).text(), "repository:team/app:pull,push");
  EXPECT_EQ(Scope::parse("repository:team/app:push,pull"), Scope::push(repository));
  EXPECT_EQ(Scope::parse("repository:host:5000/x:pull").name, "host:5000/x");
  EXPECT_EQ(Scope::parse("aws").text(), "aws");
  EXPECT_EQ(parse_scopes(" a:b:c  d ").size(), 2u);
}

TEST(Scope, a_push_covers_a_pull_of_the_same_repository) {
  const auto a = oci::RepositoryName::parse("a/a");
  const auto b = oci::RepositoryName::parse("b/b");
  EXPECT_TRUE(covers({Scope::push(a)}, {Scope::pull(a)}));
  EXPECT_FALSE(covers({Scope::pull(a)}, {Scope::push(a)}));
  EXPECT_FALSE(covers({Scope::push(a)}, {Scope::pull(b)}));
  EXPECT_TRUE(covers({Scope::push(a), Scope::pull(b)}, {Scope::pull(b), Scope::pull(a)}));
  EXPECT_TRUE(covers({}, {}));
}

TEST(RetryAfter, seconds_and_dates_are_understood) {
  const base::Time now = *base::parse_rfc3339("2026-11-23T17:30:00Z");
  EXPECT_EQ(parse_retry_after("0", now), milliseconds(0));
  EXPECT_EQ(parse_retry_after(" 120 ", now), seconds(120));
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 17:31:30 GMT", now), seconds(90));
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 17:29:00 GMT", now), milliseconds(0));
  EXPECT_GT(parse_retry_after("99999999999999999999999", now).value(), seconds(1'000'000));
  for (const char* bad : {"", "soon", "-1", "1.5", "Mon, 23 Foo 2026 17:31:30 GMT", "Mon, 23 Nov 2026 17:31:30 CET"}) {
    EXPECT_EQ(parse_retry_after(bad, now), std::nullopt) << bad;
  }
}

TEST(Retrier, gives_up_after_its_tries_and_counts_anew_after_progress) {
  ClientOptions options;
  options.tries = 3;
  options.backoff = milliseconds(1);
  Retrier retrier(options);
  EXPECT_TRUE(retrier.wait());
  EXPECT_TRUE(retrier.wait());
  EXPECT_FALSE(retrier.wait());
  retrier.progressed();
  EXPECT_TRUE(retrier.wait());
}

TEST(Retrier, waits_as_long_as_the_server_wants_but_not_longer_than_allowed) {
  ClientOptions options;
  options.backoff = milliseconds(1);
  options.max_backoff = milliseconds(200);
  Retrier retrier(options);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(retrier.wait(milliseconds(100)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(100));
  EXPECT_FALSE(retrier.wait(milliseconds(201)));
}

TEST(Retrier, an_interrupt_ends_the_wait) {
  ClientOptions options;
  options.backoff = seconds(60);
  Retrier retrier(options);
  base::raise_interrupt_for_test(true);
  EXPECT_THROW(retrier.wait(), base::Error);
  base::raise_interrupt_for_test(false);
}

TEST(RetryableStatus, only_what_may_pass) {
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_TRUE(may_pass(status)) << status;
  for (const int status : {200, 301, 400, 401, 403, 404, 416, 501, 505}) EXPECT_FALSE(may_pass(status)) << status;
}

TEST(Link, the_next_one_is_found) {
  EXPECT_EQ(next_link({R"(</v2/a/tags/list?last=b&n=2>; rel="next")"}), "/v2/a/tags/list?last=b&n=2");
  EXPECT_EQ(next_link({R"(<x>; rel="prev", <y,z>; title="t"; REL=next)"}), "y,z");
  EXPECT_EQ(next_link({R"(<x>; rel="prev")", R"(<y>; rel="next")"}), "y");
  EXPECT_EQ(next_link({}), std::nullopt);
  EXPECT_EQ(next_link({"<x", "x>; rel=next", R"(<x>; rel="nextish")"}), std::nullopt);
}

}  // namespace
}  // namespace davit::remote
