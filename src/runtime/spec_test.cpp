#include "runtime/spec.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::runtime {
namespace {

namespace json = boost::json;

HostLimits all_allowed() { return {}; }

ContainerSpec small_spec() {
  ContainerSpec spec;
  spec.rootfs = "/run/davit/containers/c1/rootfs";
  spec.process.args = {"sh", "-c", "true"};
  spec.process.env = {"PATH=/bin"};
  spec.process.capabilities = {"CAP_CHOWN", "CAP_NET_RAW"};
  spec.process.limits = {{"RLIMIT_NOFILE", 1048576, 1048576}};
  spec.hostname = "box";
  spec.namespaces = {{"uts", {}}, {"network", "/run/netns/n1"}};
  spec.mounts = {bind_mount("/host", "/data", true)};
  spec.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "0"}};
  spec.masked_paths = {"/proc/kcore"};
  spec.read_only_paths = {"/proc/sys"};
  spec.cgroup_path = "/davit-1/c1";
  return spec;
}

json::value parsed(const ContainerSpec& spec, const HostLimits& host = all_allowed()) {
  return json::parse(to_oci_json(spec, host));
}

TEST(Spec, IsWrittenAsTheRuntimeSpecSays) {
  const auto expected = json::parse(R"({
    "ociVersion": "1.0.2",
    "process": {
      "terminal": false,
      "user": {"uid": 0, "gid": 0},
      "args": ["sh", "-c", "true"],
      "env": ["PATH=/bin"],
      "cwd": "/",
      "capabilities": {"bounding": ["CAP_CHOWN", "CAP_NET_RAW"], "effective": ["CAP_CHOWN", "CAP_NET_RAW"],
                       "permitted": ["CAP_CHOWN", "CAP_NET_RAW"]},
      "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1048576, "hard": 1048576}],
      "noNewPrivileges": false,
      "oomScoreAdj": 0
    },
    "root": {"path": "/run/davit/containers/c1/rootfs", "readonly": false},
    "mounts": [{"destination": "/data", "type": "bind", "source": "/host", "options": ["rbind", "rprivate", "ro"]}],
    "hostname": "box",
    "linux": {
      "cgroupsPath": "/davit-1/c1",
      "namespaces": [{"type": "uts"}, {"type": "network", "path": "/run/netns/n1"}],
      "resources": {"devices": [
        {"allow": false, "access": "rwm"},
        {"allow": true, "type": "c", "access": "m"}, {"allow": true, "type": "b", "access": "m"},
        {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"},
        {"allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm"},
        {"allow": true, "type": "c", "major": 1, "minor": 7, "access": "rwm"},
        {"allow": true, "type": "c", "major": 1, "minor": 8, "access": "rwm"},
        {"allow": true, "type": "c", "major": 1, "minor": 9, "access": "rwm"},
        {"allow": true, "type": "c", "major": 5, "minor": 0, "access": "rwm"},
        {"allow": true, "type": "c", "major": 5, "minor": 1, "access": "rwm"},
        {"allow": true, "type": "c", "major": 5, "minor": 2, "access": "rwm"},
        {"allow": true, "type": "c", "major": 136, "access": "rwm"}
      ]},
      "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
      "maskedPaths": ["/proc/kcore"],
      "readonlyPaths": ["/proc/sys"]
    }
  })");
  const auto actual = parsed(small_spec());
  EXPECT_EQ(actual, expected) << json::serialize(actual);
}

TEST(Spec, OrdinaryUsersCapabilitiesAreABoundOnly) {
  auto spec = small_spec();
  spec.process.uid = 1000;
  spec.process.additional_gids = {1000, 10};
  const auto process = parsed(spec).at("process");
  EXPECT_EQ(process.at("capabilities"), json::parse(R"({"bounding": ["CAP_CHOWN", "CAP_NET_RAW"]})"));
  EXPECT_EQ(process.at("user"), json::parse(R"({"uid": 1000, "gid": 0, "additionalGids": [1000, 10]})"));
}

TEST(Spec, NeverAsksForMoreThanTheHostAllows) {
  HostLimits host;
  host.capabilities = 1;  // CAP_CHOWN
  host.hard_limits = {{"RLIMIT_NOFILE", 20000}};
  host.may_lower_oom_score = false;
  host.oom_score_adj = 200;
  const auto process = parsed(small_spec(), host).at("process");
  EXPECT_EQ(process.at("capabilities").at("bounding"), json::parse(R"(["CAP_CHOWN"])"));
  EXPECT_EQ(process.at("rlimits"), json::parse(R"([{"type": "RLIMIT_NOFILE", "soft": 20000, "hard": 20000}])"));
  EXPECT_FALSE(process.as_object().contains("oomScoreAdj"));
}

TEST(Spec, RaisingTheOomScoreNeedsNoPrivilege) {
  HostLimits host;
  host.may_lower_oom_score = false;
  auto spec = small_spec();
  spec.process.oom_score_adj = 100;
  EXPECT_EQ(parsed(spec, host).at("process").at("oomScoreAdj"), 100);
}

TEST(Spec, HostnameNeedsAUtsNamespaceOfItsOwn) {
  auto spec = small_spec();
  spec.namespaces = {{"uts", "/proc/1/ns/uts"}};
  EXPECT_FALSE(parsed(spec).as_object().contains("hostname"));
}

TEST(Spec, WithoutArgumentsThereIsNoCommand) {
  auto spec = small_spec();
  spec.process.args.clear();
  EXPECT_THROW(to_oci_json(spec, all_allowed()), base::Error);
}

TEST(Spec, UnknownCapabilityIsRefused) {
  auto spec = small_spec();
  spec.process.capabilities = {"CAP_NOSUCH"};
  EXPECT_THROW(to_oci_json(spec, all_allowed()), base::Error);
}

TEST(Defaults, AreDockers) {
  const auto spec = default_spec(NetworkMode::kOwn, all_allowed());
  EXPECT_EQ(spec.process.capabilities.size(), 14U);
  EXPECT_FALSE(spec.process.no_new_privileges);
  EXPECT_EQ(spec.namespaces,
            (std::vector<Namespace>{{"mount", {}}, {"uts", {}}, {"pid", {}}, {"ipc", {}}, {"network", {}}}));
  EXPECT_EQ(spec.mounts.size(), 7U);
  EXPECT_EQ(spec.mounts.back(),
            (Mount{"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}}));
  EXPECT_EQ(spec.sysctls.at("net.ipv4.ping_group_range"), "0 2147483647");
}

TEST(Defaults, HostNetworkHasNoNetworkNamespaceAndNoNetworkSysctls) {
  const auto spec = default_spec(NetworkMode::kHost, all_allowed());
  for (const auto& entry : spec.namespaces) EXPECT_NE(entry.kind, "network");
  EXPECT_TRUE(spec.sysctls.empty());
}

TEST(Defaults, CgroupNamespaceIsPrivateWithV2) {
  EXPECT_EQ(default_namespaces(NetworkMode::kOwn, true).back().kind, "cgroup");
  EXPECT_EQ(default_namespaces(NetworkMode::kOwn, false).back().kind, "network");
}

TEST(HostLimitsProbe, KnowsThisProcess) {
  const auto host = HostLimits::probe();
  EXPECT_NE(host.capabilities, ~std::uint64_t{0});  // no kernel has 64 of them
  EXPECT_EQ(host.hard_limits.empty() && !host.may_lower_oom_score, false)
      << "without the privilege NOFILE is never unlimited";
}

}  // namespace
}  // namespace davit::runtime
