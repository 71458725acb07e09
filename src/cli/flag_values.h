#pragma once
// The values of run's and create's flags, read by docker's rules. Each throws Error(kInvalidArgument) with the reason
// in docker's words; the flag and the value are named by who calls.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/resources.h"
#include "runtime/spec.h"

namespace davit::cli {

// "key=value" and "key" (an empty value); of a key that comes twice the last one.
std::map<std::string, std::string> key_values(const std::vector<std::string>& lines);

std::string parse_stream(const std::string& text);      // -a: "STDIN" -> "stdin"
std::string parse_env(const std::string& text);         // "NAME" gets the value of our environment, where there is one
std::string parse_label(const std::string& text);       // has a name
std::string parse_annotation(const std::string& text);  // has a name
std::string parse_sysctl(const std::string& text);      // one that is the container's own: "net.core.somaxconn=512"

// Bytes, as docker takes them: "64m", "1.5 GiB", "1024", "2kb".
std::int64_t parse_bytes(const std::string& text);
std::int64_t parse_swap_bytes(const std::string& text);  // "-1" as well
std::int64_t parse_cpus(const std::string& text);        // "1.5", "1/2": billionths of a CPU
std::uint16_t parse_weight(const std::string& text);     // no more than fits

runtime::DeviceRate parse_weight_device(const std::string& text);  // "/dev/sda:500"
runtime::DeviceRate parse_bps_device(const std::string& text);     // "/dev/sda:1mb"
runtime::DeviceRate parse_iops_device(const std::string& text);    // "/dev/sda:1000"

runtime::ResourceLimit parse_ulimit(const std::string& text);  // "nofile=1024:2048"; -1: no limit, the largest number
runtime::Device parse_device(const std::string& text);         // "/dev/x[:/dev/y][:rwm]"
std::string parse_device_rule(const std::string& text);        // "c 1:3 mr"

std::string parse_extra_host(const std::string& text);  // "name:address", "name=[::1]" -> "name:::1"
std::string parse_address(const std::string& text);     // --dns
std::string parse_domain(const std::string& text);      // --dns-search

}  // namespace davit::cli
