#include "http/url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::http {
namespace {

TEST(Url, parts_are_told_apart) {
  const Url url = Url::parse("HTTPS://Reg.Example:8443/v2/a?x=1#frag");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "reg.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v2/a?x=1");
  EXPECT_EQ(url.text(), "https://reg.example:8443/v2/a?x=1");
}

TEST(Url, ports_have_defaults_that_are_not_shown) {
  EXPECT_EQ(Url::parse("http://h").text(), "http://h/");
  EXPECT_EQ(Url::parse("http://h").port, 80);
  EXPECT_EQ(Url::parse("https://h:443/x").text(), "https://h/x");
  EXPECT_EQ(Url::parse("http://[::1]:5000/").host, "[::1]");
  EXPECT_EQ(Url::parse("http://[::1]:5000?q").text(), "http://[::1]:5000/?q");
}

TEST(Url, malformed_ones_are_refused_without_showing_secrets) {
  for (const char* text : {"", "h", "ftp://h/", "http://", "http://h:x/", "http://h:70000/", "http://h:0/",
                           "http://h/a b", "http://h/\r\nX: 1", "http://[::1", "http://user:secret@h/", "/path"}) {
    try {
      Url::parse(text);
      FAIL() << text;
    } catch (const base::Error& e) {
      EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
      EXPECT_EQ(e.message().find("secret"), std::string::npos) << e.message();
    }
  }
}

TEST(Url, a_location_is_resolved_against_its_request) {
  const Url base = Url::parse("https://h:1/v2/team/app/blobs/uploads/?mount=x");
  const auto resolved = [&base](const char* location) { return base.resolve(location).text(); };
  EXPECT_EQ(resolved("http://o/p?q"), "http://o/p?q");
  EXPECT_EQ(resolved("//o:2/p"), "https://o:2/p");
  EXPECT_EQ(resolved("/p/q?_state=a/b"), "https://h:1/p/q?_state=a/b");
  EXPECT_EQ(resolved("uuid?s=1"), "https://h:1/v2/team/app/blobs/uploads/uuid?s=1");
  EXPECT_EQ(resolved("../u"), "https://h:1/v2/team/app/blobs/u");
  EXPECT_EQ(resolved("?last=b"), "https://h:1/v2/team/app/blobs/uploads/?last=b");
  EXPECT_EQ(resolved("/p?next=http://x/"), "https://h:1/p?next=http://x/");
  EXPECT_THROW(resolved(""), base::Error);
  EXPECT_THROW(resolved("/a\nb"), base::Error);
}

TEST(Url, messages_show_neither_query_nor_user) {
  EXPECT_EQ(Url::parse("https://s3.example/b?X-Amz-Signature=secret").redacted(), "https://s3.example/b");
  EXPECT_EQ(redact("https://user:p@ss@h/p?q=secret#f"), "https://h/p");
  EXPECT_EQ(redact("https://h/a@b"), "https://h/a@b");
}

TEST(Url, the_origin_is_scheme_host_and_port) {
  const Url url = Url::parse("https://h/");
  EXPECT_TRUE(url.same_origin(Url::parse("https://H:443/x")));
  EXPECT_FALSE(url.same_origin(Url::parse("http://h/")));
  EXPECT_FALSE(url.same_origin(Url::parse("https://h:444/")));
  EXPECT_FALSE(url.same_origin(Url::parse("https://sub.h/")));
}

TEST(Url, query_values_are_encoded) {
  Url url = Url::parse("http://h/p");
  url.add_query("digest", "sha256:ab");
  url.add_query("scope", "a b&c");
  EXPECT_EQ(url.target, "/p?digest=sha256%3Aab&scope=a%20b%26c");
}

TEST(Url, loopback_hosts_are_known) {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "[::1]", "a.localhost"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const char* host :
       {"127.0.0.1.example", "1270.0.0.1", "128.0.0.1", "127.a.b.c", "localhost.example", "127.0.0", ""}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace davit::http
