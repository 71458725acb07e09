#include "http/proxy.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::http {
namespace {

std::string chosen(const ProxySettings& settings, const char* url) {
  const auto proxy = choose_proxy(settings, Url::parse(url));
  return proxy ? proxy->url : "direct";
}

bool is_direct(const std::string& no_proxy, const char* url) {
  return chosen({.http = "p:1", .https = "p:1", .no_proxy = no_proxy}, url) == "direct";
}

TEST(ProxyTest, TheSchemeOfTheUrlChooses) {
  const ProxySettings settings{.http = "http://plain:3128", .https = "https://tls", .no_proxy = ""};
  EXPECT_EQ(chosen(settings, "http://r.example/v2/"), "http://plain:3128");
  EXPECT_EQ(chosen(settings, "https://r.example/v2/"), "https://tls:443");
  EXPECT_EQ(chosen({.http = "p", .https = "", .no_proxy = ""}, "https://r.example/"), "direct");
  EXPECT_EQ(chosen({.http = "p", .https = "", .no_proxy = ""}, "http://r.example/"), "http://p:80");
}

TEST(ProxyTest, UserInformationIsTakenOutAndDecoded) {
  const auto proxy = choose_proxy({.http = "http://us%65r:p%40ss:w@proxy:8080/x", .https = "", .no_proxy = ""},
                                  Url::parse("http://r/"));
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->url, "http://proxy:8080");
  EXPECT_EQ(proxy->username, "user");
  EXPECT_EQ(proxy->password, "p@ss:w");
}

TEST(ProxyTest, ThisMachineIsNeverProxied) {
  for (const char* url : {"http://localhost:5000/", "http://127.0.0.1/", "http://127.9.9.9:1/", "http://[::1]:5000/"})
    EXPECT_TRUE(is_direct("", url)) << url;
  EXPECT_FALSE(is_direct("", "http://localhost.example/"));
  EXPECT_FALSE(is_direct("", "http://128.0.0.1/"));
}

TEST(ProxyTest, NamesExceptThemselvesAndWhatIsBelow) {
  EXPECT_TRUE(is_direct("a.example, b.example", "http://b.example/"));
  EXPECT_TRUE(is_direct("B.Example", "http://x.b.example/"));
  EXPECT_FALSE(is_direct("b.example", "http://xb.example/"));
  EXPECT_FALSE(is_direct(".b.example", "http://b.example/"));
  EXPECT_TRUE(is_direct(".b.example", "http://x.y.b.example/"));
  EXPECT_TRUE(is_direct("*.b.example", "http://x.b.example/"));
  EXPECT_FALSE(is_direct("*.b.example", "http://b.example/"));
  EXPECT_TRUE(is_direct("*", "http://any.example/"));
  EXPECT_FALSE(is_direct(" , ,", "http://any.example/"));
}

TEST(ProxyTest, APortNarrowsAnEntry) {
  EXPECT_TRUE(is_direct("b.example:5000", "http://b.example:5000/"));
  EXPECT_FALSE(is_direct("b.example:5000", "http://b.example/"));
  EXPECT_TRUE(is_direct("b.example:443", "https://b.example/"));
  EXPECT_TRUE(is_direct("10.0.0.1:80", "http://10.0.0.1/"));
  EXPECT_FALSE(is_direct("10.0.0.1:81", "http://10.0.0.1/"));
  EXPECT_TRUE(is_direct("[fe80::1]:80", "http://[fe80::1]/"));
  EXPECT_FALSE(is_direct(":80", "http://b.example/"));
}

TEST(ProxyTest, AddressesAndNetworks) {
  EXPECT_TRUE(is_direct("10.0.0.1", "http://10.0.0.1:5000/"));
  EXPECT_TRUE(is_direct("fe80::1", "http://[fe80::1]:5000/"));
  EXPECT_TRUE(is_direct("10.0.0.0/8", "http://10.200.3.4/"));
  EXPECT_FALSE(is_direct("10.0.0.0/9", "http://10.200.3.4/"));
  EXPECT_TRUE(is_direct("fe80::/10", "http://[fe80::1]/"));
  EXPECT_FALSE(is_direct("::/0", "http://10.0.0.1/"));
  EXPECT_FALSE(is_direct("10.0.0.0/8", "http://ten.example/"));
  EXPECT_FALSE(is_direct("10.0.0.0/33", "http://10.0.0.0/"));
}

TEST(ProxyTest, WhatIsNoProxyIsRefusedWithoutItsPassword) {
  for (const char* text : {"socks5://user:secret@host:1080", "http://user:secret@:8080", "http://user:secret@host:x",
                           "http://user:secret/1@host:8080", "http://user:80?secret@host", "user:secret@host://x"}) {
    try {
      choose_proxy({.http = text, .https = "", .no_proxy = ""}, Url::parse("http://r.example/"));
      FAIL() << text;
    } catch (const base::Error& e) {
      EXPECT_EQ(e.message().find("secret"), std::string::npos) << e.message();
      EXPECT_NE(e.message().find("proxy"), std::string::npos) << e.message();
    }
  }
}

TEST(ProxyTest, UpperCaseWinsInTheEnvironment) {
  for (const char* name : {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"})
    ::unsetenv(name);
  EXPECT_EQ(ProxySettings::from_environment(), ProxySettings{});
  ::setenv("http_proxy", "lower", 1);
  ::setenv("HTTPS_PROXY", "upper", 1);
  ::setenv("https_proxy", "lower", 1);
  ::setenv("NO_PROXY", "", 1);
  ::setenv("no_proxy", "lower", 1);
  EXPECT_EQ(ProxySettings::from_environment(), (ProxySettings{.http = "lower", .https = "upper", .no_proxy = "lower"}));
  for (const char* name : {"http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"}) ::unsetenv(name);
}

}  // namespace
}  // namespace davit::http
