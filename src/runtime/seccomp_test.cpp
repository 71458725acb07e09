#include "runtime/seccomp.h"

#include <cerrno>
#include <cstring>

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "runtime/seccomp_table.h"

namespace davit::runtime {
namespace {

namespace json = boost::json;

// What a filter answers to a call: the kernel's interpreter, as far as our filters need one.
std::uint32_t answer(const std::vector<sock_filter>& program, const seccomp_data& call) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < program.size();) {
    const auto& step = program[at++];
    const auto jump = [&](bool taken) { at += taken ? step.jt : step.jf; };
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&a, reinterpret_cast<const char*>(&call) + step.k, sizeof a);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(a == step.k);
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        jump(a > step.k);
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        jump(a >= step.k);
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        ADD_FAILURE() << "unknown instruction " << step.code;
        return 0;
    }
  }
  ADD_FAILURE() << "the program ends without an answer";
  return 0;
}

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kPermission = SECCOMP_RET_ERRNO | EPERM, kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

std::uint32_t answer64(const std::vector<sock_filter>& program, int number, std::uint64_t argument = 0) {
  return answer(program, {.nr = number, .arch = AUDIT_ARCH_X86_64, .args = {argument}});
}
std::uint32_t answer32(const std::vector<sock_filter>& program, int number, std::uint64_t argument = 0) {
  return answer(program, {.nr = number, .arch = AUDIT_ARCH_I386, .args = {argument}});
}

TEST(EarlyFilter, RefusesTheTablesCallsInEachArchitecture) {
  const auto program = early_filter({.capabilities = {}});
  for (const auto& call : refused_calls()) {
    const auto expected = call.by == RefusedBy::kEarly ? kPermission : kAllow;
    if (call.x86_64 >= 0 && call.x86_64 <= static_cast<int>(kLastCall)) {
      EXPECT_EQ(answer64(program, call.x86_64), expected) << call.name;
    }
    if (call.x86_64 >= 0) {
      EXPECT_EQ(answer64(program, call.x86_64 | 0x40000000), expected) << call.name << " of x32";
    }
    if (call.x86 >= 0) {
      EXPECT_EQ(answer32(program, call.x86), expected) << call.name << " of x86";
    }
  }
  for (const int allowed : {0, 1, 2, 39, 59, 231, 449}) {
    EXPECT_EQ(answer64(program, allowed), kAllow) << allowed;
    EXPECT_EQ(answer64(program, allowed | 0x40000000), kAllow) << allowed;
  }
  for (const int allowed : {1, 3, 4, 11, 252, 449}) EXPECT_EQ(answer32(program, allowed), kAllow) << allowed;
}

TEST(EarlyFilter, CallsThatTheProfileDoesNotKnowAreThoseOfAnOlderKernel) {
  const auto program = early_filter({.capabilities = {"CAP_SYS_ADMIN"}});
  for (const int unknown : {450, 467, 512, 547, 548, 5000, 0x3fffffff, 0x40000000 + 450, 0x40000000 + 511,
                            0x40000000 + 548, 0x7fffffff, -1}) {
    EXPECT_EQ(answer64(program, unknown), kUnknown) << unknown;
    if (unknown < 0x40000000) {
      EXPECT_EQ(answer32(program, unknown), kUnknown) << unknown;
    }
  }
  EXPECT_EQ(answer64(program, 0x40000000 + 512), kAllow);
  EXPECT_EQ(answer64(program, 0x40000000 + 547), kAllow);
}

TEST(EarlyFilter, PersonalityMaySetTheUsualDomainsOnly) {
  const auto program = early_filter({.capabilities = {}});
  for (const std::uint64_t good : {0UL, 8UL, 0x20000UL, 0x20008UL, 0xffffffffUL}) {
    EXPECT_EQ(answer64(program, 135, good), kAllow) << good;
    EXPECT_EQ(answer32(program, 136, good), kAllow) << good;
  }
  for (const std::uint64_t bad : {1UL, 0x40000UL, 0x20009UL, 0x100000000UL, 0x100000008UL}) {
    EXPECT_EQ(answer64(program, 135, bad), kPermission) << bad;
    EXPECT_EQ(answer32(program, 136, bad), bad <= UINT32_MAX ? kPermission : kAllow) << bad;
    EXPECT_EQ(answer64(program, 0x40000000 + 135, bad), bad <= UINT32_MAX ? kPermission : kAllow) << bad;
  }
}

TEST(EarlyFilter, CapabilitiesBringTheirCalls) {
  const auto program = early_filter({.capabilities = {"CAP_SYS_TIME", "CAP_SYSLOG"}});
  EXPECT_EQ(answer64(program, 227), kAllow);       // clock_settime
  EXPECT_EQ(answer32(program, 25), kAllow);        // stime
  EXPECT_EQ(answer64(program, 103), kAllow);       // syslog
  EXPECT_EQ(answer64(program, 169), kPermission);  // reboot
}

TEST(DefaultSeccomp, IsTheRuntimesPart) {
  const auto profile = json::parse(default_seccomp({.capabilities = {"CAP_SYS_CHROOT"}}));
  EXPECT_EQ(profile.at("defaultAction"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(profile.at("architectures"), json::parse(R"(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])"));
  const auto& rules = profile.at("syscalls").as_array();
  ASSERT_EQ(rules.size(), 9U) << "the names, clone by seven flags, clone3";
  const auto names = json::serialize(rules[0].at("names"));
  EXPECT_NE(names.find("\"mount\""), std::string::npos);
  EXPECT_NE(names.find("\"keyctl\""), std::string::npos);
  EXPECT_EQ(names.find("\"chroot\""), std::string::npos) << "it came with its capability";
  EXPECT_EQ(names.find("\"reboot\""), std::string::npos) << "the early filter's";
  EXPECT_EQ(rules[0].at("errnoRet"), EPERM);
  EXPECT_EQ(rules[8], json::parse(R"({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38})"));
}

TEST(DefaultSeccomp, WithSysAdminNamespacesMayBeMade) {
  const auto profile = json::parse(default_seccomp({.capabilities = {"CAP_SYS_ADMIN"}}));
  const auto& rules = profile.at("syscalls").as_array();
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].at("names"), json::parse(R"(["pivot_root", "chroot", "add_key", "keyctl", "request_key"])"));
}

json::value converted(const char* profile, std::vector<std::string> capabilities = {}) {
  return json::parse(convert_seccomp(profile, {.capabilities = std::move(capabilities)}));
}

TEST(ConvertSeccomp, ArchitecturesAreTheMachinesByTheMap) {
  const auto result = converted(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "archMap": [
      {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
      {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
      "syscalls": null})");
  EXPECT_EQ(result, json::parse(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
      "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]})"));
}

TEST(ConvertSeccomp, RulesAreKeptWhereTheirConditionsHold) {
  constexpr const char* kProfile = R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"names": ["always"], "action": "SCMP_ACT_ALLOW", "args": [], "comment": "", "includes": {}, "excludes": {}},
      {"name": "old-form", "action": "SCMP_ACT_ALLOW"},
      {"names": ["arm"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
      {"names": ["amd"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64", "amd64"]}},
      {"names": ["not-amd"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["amd64"]}},
      {"names": ["admin"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
      {"names": ["not-admin"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
      {"names": ["new-kernel"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
      {"names": ["no-kernel"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "900.1"}}]})";
  const auto names = [](const json::value& profile) {
    std::string all;
    for (const auto& rule : profile.at("syscalls").as_array()) {
      all += std::string(rule.at("names").as_array()[0].as_string()) + " ";
    }
    return all;
  };
  EXPECT_EQ(names(converted(kProfile)), "always old-form amd not-admin new-kernel ");
  EXPECT_EQ(names(converted(kProfile, {"CAP_SYS_ADMIN"})), "always old-form amd admin new-kernel ");
  EXPECT_EQ(converted(kProfile).at("syscalls").as_array()[3],
            json::parse(R"({"names": ["not-admin"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38})"));
}

TEST(ConvertSeccomp, NothingSaidIsNoProfile) { EXPECT_EQ(convert_seccomp("{}", {}), ""); }

TEST(ConvertSeccomp, MistakesAreToldInDockersWords) {
  const auto message = [](const char* profile) -> std::string {
    try {
      convert_seccomp(profile, {});
    } catch (const base::Error& error) {
      return error.message();
    }
    return "accepted";
  };
  EXPECT_TRUE(message("{").starts_with("Decoding seccomp profile failed: ")) << message("{");
  EXPECT_TRUE(message("[]").starts_with("Decoding seccomp profile failed: "));
  EXPECT_TRUE(message(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}})").starts_with("Decoding seccomp"));
  EXPECT_EQ(message(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "names": ["b"]}]})"),
            "'name' and 'names' were specified in the seccomp profile, use either 'name' or 'names'");
  EXPECT_EQ(message(R"({"architectures": ["SCMP_ARCH_X86_64"], "defaultAction": "SCMP_ACT_ALLOW",
                        "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]})"),
            "'architectures' and 'archMap' were specified in the seccomp profile, use either 'architectures' or "
            "'archMap'");
}

}  // namespace
}  // namespace davit::runtime
