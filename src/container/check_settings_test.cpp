#include "container/check_settings.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

std::string problem(const std::function<void(Description&)>& change) {
  Description description;
  change(description);
  try {
    check_settings(description);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

TEST(CheckSettings, TakesADefaultContainer) {
  Description description;
  EXPECT_TRUE(check_settings(description).empty());
  EXPECT_EQ(description, Description());
}

TEST(CheckSettings, CapabilitiesAreNamedInFull) {
  Description description;
  description.security.cap_add = {"net_admin", "CAP_CHOWN", "Net_Admin"};
  check_settings(description);
  EXPECT_EQ(description.security.cap_add, (std::vector<std::string>{"CAP_CHOWN", "CAP_NET_ADMIN"}));
  EXPECT_EQ(problem([](auto& d) { d.security.cap_add = {"bad"}; }), "invalid CapAdd: unknown capability: \"CAP_BAD\"");
  EXPECT_EQ(problem([](auto& d) { d.security.cap_drop = {""}; }), "invalid CapDrop: unknown capability: \"CAP_\"");
}

TEST(CheckSettings, RefusesInDockersWords) {
  EXPECT_EQ(problem([](auto& d) { d.name = "a b"; }),
            "Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  EXPECT_EQ(problem([](auto& d) { d.stop_signal = "NOSUCH"; }), "Invalid signal: NOSUCH");
  EXPECT_EQ(problem([](auto& d) { d.working_dir = "rel"; }),
            "the working directory 'rel' is invalid, it needs to be an absolute path");
  EXPECT_EQ(problem([](auto& d) { d.hostname = std::string(65, 'h'); }),
            "invalid hostname '" + std::string(65, 'h') + "': 65 bytes are more than the 64 that a kernel takes");
  EXPECT_EQ(problem([](auto& d) { d.oom_score_adj = 2000; }),
            "Invalid value 2000, range for oom score adj is [-1000, 1000]");
  EXPECT_EQ(problem([](auto& d) { d.runtime = "nosuch"; }), "Unknown runtime specified nosuch");
  EXPECT_EQ(problem([](auto& d) {
              d.devices = {{"/dev/nosuch", "/dev/x", "rwm"}};
            }),
            "error gathering device information while adding custom device \"/dev/nosuch\": no such file or directory");
  EXPECT_EQ(problem([](auto& d) {
              d.namespaces.uts = "host";
              d.hostname = "h";
            }),
            "conflicting options: hostname and the UTS mode");
}

TEST(CheckSettings, SettingsThatWouldBeTheHostsAreRefused) {
  constexpr const char* kStart = "failed to create shim task: OCI runtime create failed: runc create failed: sysctl ";
  EXPECT_EQ(problem([](auto& d) {
              d.sysctls["net.ipv4.ip_forward"] = "1";
              d.network = "host";
            }),
            kStart + std::string("\"net.ipv4.ip_forward\" not allowed in host network namespace: unknown"));
  EXPECT_EQ(problem([](auto& d) {
              d.sysctls["kernel.msgmax"] = "1";
              d.namespaces.ipc = "host";
            }),
            kStart + std::string("\"kernel.msgmax\" is not allowed in the hosts ipc namespace: unknown"));
  EXPECT_EQ(problem([](auto& d) {
              d.domainname = "x";
              d.namespaces.uts = "host";
            }),
            kStart + std::string("\"kernel.domainname\" is not in a separate kernel namespace: unknown"));
}

TEST(CheckSettings, LogDrivers) {
  const auto log = [](const char* driver, std::map<std::string, std::string> options = {}) {
    return problem([&](auto& d) { d.log = {driver, options}; });
  };
  EXPECT_EQ(log("json-file", {{"labels", "a"}, {"tag", "x"}, {"mode", "blocking"}}), "none");
  EXPECT_EQ(log("local"), "none");
  EXPECT_EQ(log("none"), "none");
  EXPECT_EQ(log("foo"), "error looking up logging plugin foo: plugin \"foo\" not found");
  EXPECT_EQ(log("syslog"), "--log-driver syslog is not supported: use json-file, local or none");
  EXPECT_EQ(log("", {{"x", "y"}}), "unknown log opt 'x' for json-file log driver");
  EXPECT_EQ(log("local", {{"env", "A"}}), "unknown log opt 'env' for log driver local");
  EXPECT_EQ(log("", {{"mode", "foo"}}), "logger: logging mode not supported: foo");
  EXPECT_EQ(log("", {{"mode", "non-blocking"}}),
            "--log-opt mode=non-blocking is not supported: a container's output is never thrown away");
  EXPECT_EQ(log("", {{"max-size", "5m"}}),
            "--log-opt max-size=5m is not supported: log rotation comes in a later version");
}

}  // namespace
}  // namespace davit::container
