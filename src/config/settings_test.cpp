#include "config/settings.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::config {
namespace {

class SettingsTest : public testing::Test {
 protected:
  Settings load_text(const std::string& toml) {
    base::fs::write_file(folder_.path() / "davit.toml", toml);
    return load(folder_.path() / "davit.toml");
  }
  std::string refusal(const std::string& toml) {
    try {
      load_text(toml);
    } catch (const base::Error& e) {
      return e.message().substr(folder_.path().string().size() + 1);
    }
    return "accepted";
  }
  base::fs::TemporaryDirectory folder_{testing::TempDir()};
};

TEST_F(SettingsTest, AnEmptyFileGivesTheDefaults) {
  const Settings settings = load_text("");
  EXPECT_EQ(settings.root, "/var/lib/davit");
  EXPECT_EQ(settings.runtime, "auto");
  EXPECT_EQ(settings.cgroup_manager, "auto");
  EXPECT_EQ(settings.parallel_layers, 3U);
}

TEST_F(SettingsTest, EverySettingIsRead) {
  const Settings settings = load_text(R"(
root = "/data/davit"
run = "/run/other"
runtime = "runc"
cgroup_manager = "cgroupfs"
storage_driver = "overlay"
keep_compressed = false
log_level = "info"
pull = { parallel = 7, connections = 9, range_size = 2000000 }
history = { moves = 2, days = 3, bytes = 4 }
short_name_aliases = true
[proxy]
http = "http://p:1"
https = ""
no = "r.example"
[registry."r.example:5000"]
insecure = true
blocked = false
location = "l.example/x"
mirrors = ["m.example:5000", "n.example/y"]
ca = "/etc/ca.pem"
client_certificate = "/etc/c.pem"
client_key = "/etc/k.pem"
)");
  EXPECT_EQ(settings.root, "/data/davit");
  EXPECT_EQ(settings.run, "/run/other");
  EXPECT_EQ(settings.runtime, "runc");
  EXPECT_EQ(settings.cgroup_manager, "cgroupfs");
  EXPECT_EQ(settings.storage_driver, "overlay");
  EXPECT_FALSE(settings.keep_compressed);
  EXPECT_EQ(settings.log_level, base::log::Level::kInfo);
  EXPECT_EQ(settings.parallel_layers, 7U);
  EXPECT_EQ(settings.connections, 9U);
  EXPECT_EQ(settings.range_size, 2'000'000U);
  EXPECT_EQ(settings.history.moves, 2U);
  EXPECT_EQ(settings.history.days, 3U);
  EXPECT_EQ(settings.history.bytes, 4U);
  EXPECT_TRUE(settings.short_name_aliases);
  const auto rules = settings.registry_rules();
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].prefix, "r.example:5000");
  EXPECT_EQ(rules[0].insecure, true);
  EXPECT_EQ(rules[0].blocked, false);
  EXPECT_EQ(rules[0].location, "l.example/x");
  EXPECT_EQ(rules[0].mirrors,
            (std::vector<remote::MirrorRule>{{.location = "m.example:5000"}, {.location = "n.example/y"}}));
  const auto options = settings.client_options("r.example:5000", true);
  EXPECT_TRUE(options.skip_tls_verify);
  EXPECT_TRUE(options.plain_http_fallback);
  EXPECT_EQ(options.ca_files, std::vector<std::filesystem::path>{"/etc/ca.pem"});
  EXPECT_EQ(options.client_certificate, "/etc/c.pem");
  EXPECT_EQ(options.client_key, "/etc/k.pem");
  EXPECT_EQ(options.proxy, (http::ProxySettings{.http = "http://p:1", .https = "", .no_proxy = "r.example"}));
}

TEST_F(SettingsTest, TheFileWinsOverTheProxiesOfTheEnvironment) {
  ::setenv("HTTPS_PROXY", "http://environment:1", 1);
  EXPECT_EQ(load_text("").client_options("r.example", false).proxy.https, "http://environment:1");
  EXPECT_EQ(load_text("proxy.https = \"\"").client_options("r.example", false).proxy.https, "");
  ::unsetenv("HTTPS_PROXY");
}

TEST_F(SettingsTest, OnlyLoopbackMaySpeakPlainHttpUnasked) {
  const Settings settings;
  for (const char* host : {"127.0.0.1:5000", "localhost", "localhost:80", "127.3.2.1", "[::1]:5000"}) {
    EXPECT_TRUE(settings.client_options(host, false).plain_http_fallback) << host;
  }
  for (const char* host : {"docker.io", "r.example:5000", "10.0.0.1", "localhost.example", "127.evil.example"}) {
    EXPECT_FALSE(settings.client_options(host, false).plain_http_fallback) << host;
  }
}

TEST_F(SettingsTest, MistakesNameTheirLine) {
  EXPECT_EQ(refusal("\nrots = \"/x\""), "davit.toml:2: unknown setting 'rots'");
  EXPECT_EQ(refusal("[pull]\nparalel = 3"), "davit.toml:2: unknown setting 'pull.paralel'");
  EXPECT_EQ(refusal("root = 3"), "davit.toml:1: expected a text in quotes");
  EXPECT_EQ(refusal("root = \"relative\""), "davit.toml:1: expected an absolute path");
  EXPECT_EQ(refusal("pull.parallel = 0"), "davit.toml:1: expected a number from 1 to 32");
  EXPECT_EQ(refusal("pull.connections = 65"), "davit.toml:1: expected a number from 1 to 64");
  EXPECT_EQ(refusal("pull.range_size = 1000"), "davit.toml:1: expected a number from 1048576 to 1073741824");
  EXPECT_EQ(refusal("[registry.\"r.example\"]\nca = \"rel\""), "davit.toml:2: expected an absolute path");
  EXPECT_EQ(refusal("[registry.\"r.example/x\"]"),
            "davit.toml:1: 'registry.r.example/x': expected HOST[:PORT] as a table's name");
  EXPECT_EQ(refusal("[registry.\"r.example\"]\nmirrors = [\"https://m\"]"),
            "davit.toml:2: expected HOST[:PORT][/PATH] without a scheme");
  EXPECT_EQ(refusal("[registry.\"r.example\"]\nmirrors = \"m.example\""),
            "davit.toml:2: expected a list of texts in quotes");
  EXPECT_EQ(refusal("[registry.\"r.example\"]\nclient_key = \"/k\""),
            "davit.toml:1: 'registry.r.example': client_certificate and client_key go together");
  EXPECT_EQ(refusal("[proxy]\nsocks = \"x\""), "davit.toml:2: unknown setting 'proxy.socks'");
  EXPECT_TRUE(refusal("root = ").starts_with("davit.toml:1: ")) << refusal("root = ");
}

TEST_F(SettingsTest, ANamedFileMustExist) { EXPECT_THROW(load(folder_.path() / "missing"), base::Error); }

}  // namespace
}  // namespace davit::config
