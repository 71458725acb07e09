#include "cli/flag_values.h"

#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::cli {
namespace {

// What a parser makes of each text: its value, or why it is refused. The reasons are docker's (CLI 28).
template <typename Parse>
std::string problem(const Parse& parse, const std::string& text) {
  try {
    parse(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

TEST(FlagValues, Bytes) {
  const std::map<std::string, std::int64_t> values = {{"0", 0},
                                                      {"1024", 1024},
                                                      {"1k", 1024},
                                                      {"1kb", 1024},
                                                      {"1KiB", 1024},
                                                      {"64m", 67108864},
                                                      {"1.5g", 1610612736},
                                                      {"5 mb", 5242880},
                                                      {"5 ", 5},
                                                      {"1b", 1},
                                                      {".5k", 512},
                                                      {"5.", 5},
                                                      {"1t", 1099511627776},
                                                      {"1P", 1125899906842624}};
  for (const auto& [text, value] : values) EXPECT_EQ(parse_bytes(text), value) << text;
  EXPECT_EQ(parse_swap_bytes("-1"), -1);
  EXPECT_EQ(problem(parse_bytes, "5x"), "invalid suffix: 'x'");
  EXPECT_EQ(problem(parse_bytes, "5mbb"), "invalid suffix: 'mbb'");
  EXPECT_EQ(problem(parse_bytes, "abc"), "invalid size: 'abc'");
  EXPECT_EQ(problem(parse_bytes, ""), "invalid size: ''");
  EXPECT_EQ(problem(parse_bytes, "-1"), "invalid size: '-1'");
  EXPECT_EQ(problem(parse_bytes, "1.2.3m"), "strconv.ParseFloat: parsing \"1.2.3\": invalid syntax");
  EXPECT_EQ(problem(parse_bytes, "99999999999p"), "invalid size: '99999999999p'");
  EXPECT_EQ(problem(parse_swap_bytes, "-2"), "invalid size: '-2'");
}

TEST(FlagValues, Cpus) {
  const std::map<std::string, std::int64_t> values = {{"1.5", 1500000000},  {"0.000000001", 1}, {"2", 2000000000},
                                                      {"-1", -1000000000},  {"1/2", 500000000}, {"1e-3", 1000000},
                                                      {"1.50", 1500000000}, {".5", 500000000},  {"0", 0},
                                                      {"1e0", 1000000000}};
  for (const auto& [text, value] : values) EXPECT_EQ(parse_cpus(text), value) << text;
  EXPECT_EQ(problem(parse_cpus, "abc"), "failed to parse abc as a rational number");
  EXPECT_EQ(problem(parse_cpus, ""), "failed to parse  as a rational number");
  EXPECT_EQ(problem(parse_cpus, "1/0"), "failed to parse 1/0 as a rational number");
  EXPECT_EQ(problem(parse_cpus, "1.23456789012"), "value is too precise");
  EXPECT_EQ(problem(parse_cpus, "1/3"), "value is too precise");
}

TEST(FlagValues, DevicesAndTheirRates) {
  EXPECT_EQ(parse_weight_device("/dev/sda:500"), (runtime::DeviceRate{"/dev/sda", 500}));
  EXPECT_EQ(parse_bps_device("/dev/sda:1mb"), (runtime::DeviceRate{"/dev/sda", 1048576}));
  EXPECT_EQ(parse_iops_device("/dev/sda:1000"), (runtime::DeviceRate{"/dev/sda", 1000}));
  EXPECT_EQ(problem(parse_weight_device, "/dev/sda"), "bad format: /dev/sda");
  EXPECT_EQ(problem(parse_weight_device, "sda:5"), "bad format for device path: sda:5");
  EXPECT_EQ(problem(parse_weight_device, "/dev/sda:5"), "invalid weight for device: /dev/sda:5");
  EXPECT_EQ(problem(parse_weight_device, "/dev/sda:x"), "invalid weight for device: /dev/sda:x");
  EXPECT_EQ(problem(parse_bps_device, "/dev/sda:-1"),
            "invalid rate for device: /dev/sda:-1. The correct format is <device-path>:<number>[<unit>]. Number must "
            "be a positive integer. Unit is optional and can be kb, mb, or gb");
  EXPECT_EQ(problem(parse_iops_device, "/dev/sda:1k"),
            "invalid rate for device: /dev/sda:1k. The correct format is <device-path>:<number>. Number must be a "
            "positive integer");
}

TEST(FlagValues, Devices) {
  EXPECT_EQ(parse_device("/dev/x"), (runtime::Device{"/dev/x", "/dev/x", "rwm"}));
  EXPECT_EQ(parse_device("/dev/x:rm"), (runtime::Device{"/dev/x", "/dev/x", "rm"}));
  EXPECT_EQ(parse_device("/dev/x:/dev/y"), (runtime::Device{"/dev/x", "/dev/y", "rwm"}));
  EXPECT_EQ(parse_device("/dev/x:/dev/y:r"), (runtime::Device{"/dev/x", "/dev/y", "r"}));
  EXPECT_EQ(problem(parse_device, ""), "bad format for path: ");
  EXPECT_EQ(problem(parse_device, "a"), "a is not an absolute path");
  EXPECT_EQ(problem(parse_device, "/dev/x:a:b:c"), "bad format for path: /dev/x:a:b:c");
  EXPECT_EQ(problem(parse_device, "/dev/x:/dev/y:q"), "bad mode specified: q");
  EXPECT_EQ(problem(parse_device, "/dev/x:/dev/y:rr"), "bad mode specified: rr");
  EXPECT_EQ(problem(parse_device, "/dev/x:y"), "y is not an absolute path");
  EXPECT_EQ(problem(parse_device, "vendor.com/class=x"), "CDI devices are not supported: vendor.com/class=x");
}

TEST(FlagValues, DeviceRules) {
  for (const char* text : {"a *:* rwm", "c 1:3 mr", "b 8:* w"}) EXPECT_EQ(parse_device_rule(text), text);
  for (const char* text :
       {"", "x", "c 1:3 x", "c 1:3", "d 1:3 r", "c 1 r", "c 1:3 rwmr", "c  1:3 r", "c :3 r", "c 1:3 "})
    EXPECT_EQ(problem(parse_device_rule, text), "invalid device cgroup format '" + std::string(text) + "'");
}

TEST(FlagValues, Ulimits) {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(parse_ulimit("nofile=5:7"), (runtime::ResourceLimit{"RLIMIT_NOFILE", 5, 7}));
  EXPECT_EQ(parse_ulimit("core=0"), (runtime::ResourceLimit{"RLIMIT_CORE", 0, 0}));
  EXPECT_EQ(parse_ulimit("memlock=-1"), (runtime::ResourceLimit{"RLIMIT_MEMLOCK", kNone, kNone}));
  EXPECT_EQ(parse_ulimit("nofile=5:-1"), (runtime::ResourceLimit{"RLIMIT_NOFILE", 5, kNone}));
  EXPECT_EQ(problem(parse_ulimit, "nofile"), "invalid ulimit argument: nofile");
  EXPECT_EQ(problem(parse_ulimit, "foo=3"), "invalid ulimit type: foo");
  EXPECT_EQ(problem(parse_ulimit, "as=3"), "invalid ulimit type: as");
  EXPECT_EQ(problem(parse_ulimit, "nofile=9:3"), "ulimit soft limit must be less than or equal to hard limit: 9 > 3");
  EXPECT_EQ(problem(parse_ulimit, "nofile=-1:3"),
            "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: 3");
  EXPECT_EQ(problem(parse_ulimit, "nofile=x"), "strconv.ParseInt: parsing \"x\": invalid syntax");
  EXPECT_EQ(problem(parse_ulimit, "nofile=1:2:3"),
            "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`");
}

TEST(FlagValues, Environment) {
  ::setenv("DAVIT_TEST_OF_ENV", "here", 1);
  EXPECT_EQ(parse_env("A=1"), "A=1");
  EXPECT_EQ(parse_env("DAVIT_TEST_OF_ENV"), "DAVIT_TEST_OF_ENV=here");
  EXPECT_EQ(parse_env("DAVIT_TEST_OF_ENV_NOT"), "DAVIT_TEST_OF_ENV_NOT");
  EXPECT_EQ(problem(parse_env, ""), "invalid environment variable: ");
  EXPECT_EQ(problem(parse_env, "=x"), "invalid environment variable: =x");
}

TEST(FlagValues, LabelsAndStreams) {
  EXPECT_EQ(key_values({"a=1", "b", "a=2=3"}), (std::map<std::string, std::string>{{"a", "2=3"}, {"b", ""}}));
  EXPECT_EQ(problem(parse_label, "=x"), "invalid label '=x': empty name");
  EXPECT_EQ(problem(parse_annotation, ""), "invalid annotation '': empty name");
  EXPECT_EQ(parse_stream("STDOUT"), "stdout");
  EXPECT_EQ(problem(parse_stream, "x"), "valid streams are STDIN, STDOUT and STDERR");
}

TEST(FlagValues, Sysctls) {
  for (const char* text : {"net.core.somaxconn=5", "kernel.sem=1", "fs.mqueue.x=1"})
    EXPECT_EQ(parse_sysctl(text), text);
  for (const char* text : {"x", "=x", "kernel.panic=1", "net.core.somaxconn", "vm.swappiness=1"})
    EXPECT_EQ(problem(parse_sysctl, text), "sysctl '" + std::string(text) + "' is not allowed");
}

TEST(FlagValues, NameService) {
  EXPECT_EQ(parse_extra_host("x:1.2.3.4"), "x:1.2.3.4");
  EXPECT_EQ(parse_extra_host("x=1.2.3.4"), "x:1.2.3.4");
  EXPECT_EQ(parse_extra_host("x:::1"), "x:::1");
  EXPECT_EQ(parse_extra_host("x=[::1]"), "x:::1");
  EXPECT_EQ(parse_extra_host("x:host-gateway"), "x:host-gateway");
  EXPECT_EQ(problem(parse_extra_host, "x"), "bad format for add-host: \"x\"");
  EXPECT_EQ(problem(parse_extra_host, ":1.2.3.4"), "bad format for add-host: \":1.2.3.4\"");
  EXPECT_EQ(problem(parse_extra_host, "x:"), "invalid IP address in add-host: \"\"");
  EXPECT_EQ(problem(parse_extra_host, "x:[::1"), "invalid IP address in add-host: \"[::1\"");
  EXPECT_EQ(parse_address("1.1.1.1"), "1.1.1.1");
  EXPECT_EQ(problem(parse_address, "x"), "IP address is not correctly formatted: x");
  for (const char* text : {".", "a", "example.com", "a-b.c", "example.com.", "1a"}) EXPECT_EQ(parse_domain(text), text);
  for (const char* text : {"", "a b", "a/b", "-a", "a-", "a..b", "1.2", "a_b"})
    EXPECT_EQ(problem(parse_domain, text), std::string(text) + " is not a valid domain");
}

}  // namespace
}  // namespace davit::cli
