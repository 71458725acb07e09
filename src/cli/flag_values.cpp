#include "cli/flag_values.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <arpa/inet.h>

#include "base/error.h"
#include "base/strings.h"
#include "cli/go_number.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Code::kInvalidArgument, fmt::format(text, std::forward<Args>(args)...));
}

bool is_address(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_letter(char c) { return is_alphanumeric(c) && (c < '0' || c > '9'); }

// Namespaced ones: those of the container's IPC and network namespaces.
constexpr std::array<std::string_view, 8> kSysctls = {"kernel.msgmax", "kernel.msgmnb",         "kernel.msgmni",
                                                      "kernel.sem",    "kernel.shmall",         "kernel.shmmax",
                                                      "kernel.shmmni", "kernel.shm_rmid_forced"};

constexpr std::array<std::string_view, 15> kLimits = {"core",    "cpu",      "data",   "fsize",      "locks",
                                                      "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                                      "rss",     "rtprio",   "rttime", "sigpending", "stack"};

bool is_access(std::string_view text) {  // of a device: letters of "rwm", each at most once
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("rwm").find(text[i]) == std::string_view::npos) return false;
    if (text.find(text[i], i + 1) != std::string_view::npos) return false;
  }
  return !text.empty();
}

struct DeviceAndNumber {
  std::string device, number;
};

DeviceAndNumber split_device(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) fail("bad format: {}", text);
  if (!text.starts_with("/dev/")) fail("bad format for device path: {}", text);
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_domain_label(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

std::map<std::string, std::string> key_values(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> pairs;
  for (const std::string& line : lines) {
    const std::size_t equals = line.find('=');
    pairs[line.substr(0, equals)] = equals == std::string::npos ? "" : line.substr(equals + 1);
  }
  return pairs;
}

std::string parse_stream(const std::string& text) {
  std::string stream = base::to_lower(text);
  if (stream != "stdin" && stream != "stdout" && stream != "stderr") fail("valid streams are STDIN, STDOUT and STDERR");
  return stream;
}

std::string parse_env(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (text.empty() || equals == 0) fail("invalid environment variable: {}", text);
  if (equals != std::string::npos) return text;
  const char* value = std::getenv(text.c_str());
  return value == nullptr ? text : text + "=" + value;
}

std::string parse_label(const std::string& text) {
  if (text.empty() || text.front() == '=') fail("invalid label '{}': empty name", text);
  return text;
}

std::string parse_annotation(const std::string& text) {
  if (text.empty() || text.front() == '=') fail("invalid annotation '{}': empty name", text);
  return text;
}

std::string parse_sysctl(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const bool known = std::find(kSysctls.begin(), kSysctls.end(), name) != kSysctls.end() || name.starts_with("net.") ||
                     name.starts_with("fs.mqueue.");
  if (equals == std::string::npos || !known) fail("sysctl '{}' is not allowed", text);
  return text;
}

runtime::DeviceRate parse_weight_device(const std::string& text) {
  const auto [device, number] = split_device(text);
  std::uint64_t weight = 0;
  try {
    weight = parse_uint(number, 10, UINT16_MAX);
  } catch (const Error&) {
    fail("invalid weight for device: {}", text);
  }
  if (weight != 0 && (weight < 10 || weight > 1000)) fail("invalid weight for device: {}", text);
  return {device, weight};
}

runtime::DeviceRate parse_bps_device(const std::string& text) {
  const auto [device, number] = split_device(text);
  try {
    return {device, static_cast<std::uint64_t>(parse_bytes(number))};
  } catch (const Error&) {
    fail(
        "invalid rate for device: {}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive "
        "integer. Unit is optional and can be kb, mb, or gb",
        text);
  }
}

runtime::DeviceRate parse_iops_device(const std::string& text) {
  const auto [device, number] = split_device(text);
  try {
    return {device, parse_uint(number, 10)};
  } catch (const Error&) {
    fail("invalid rate for device: {}. The correct format is <device-path>:<number>. Number must be a positive integer",
         text);
  }
}

runtime::ResourceLimit parse_ulimit(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) fail("invalid ulimit argument: {}", text);
  const std::string name = text.substr(0, equals), values = text.substr(equals + 1);
  if (std::find(kLimits.begin(), kLimits.end(), name) == kLimits.end()) fail("invalid ulimit type: {}", name);
  const auto parts = base::split(values, ':');
  if (parts.size() > 2) fail("too many limit value arguments - {}, can only have up to two, `soft[:hard]`", values);
  const std::int64_t soft = parse_int(parts[0], 10);
  const std::int64_t hard = parts.size() == 2 ? parse_int(parts[1], 10) : soft;
  if (hard != -1) {
    if (soft == -1)
      fail("ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {}", hard);
    if (soft > hard) fail("ulimit soft limit must be less than or equal to hard limit: {} > {}", soft, hard);
  }
  std::string kernel_name = "RLIMIT_" + name;
  std::transform(kernel_name.begin(), kernel_name.end(), kernel_name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return {kernel_name, static_cast<std::uint64_t>(soft), static_cast<std::uint64_t>(hard)};
}

runtime::Device parse_device(const std::string& text) {
  const auto parts = base::split(text, ':');
  if (text.empty() || parts[0].empty() || parts.size() > 3) fail("bad format for path: {}", text);
  if (parts[0].front() != '/' && parts[0].find('=') != std::string::npos)
    fail("CDI devices are not supported: {}", text);
  runtime::Device device = {.host = parts[0], .container = parts[0]};
  if (parts.size() == 3) {
    device.container = parts[1];
    device.access = parts[2];
    if (!is_access(device.access)) fail("bad mode specified: {}", device.access);
  } else if (parts.size() == 2) {
    if (is_access(parts[1])) {
      device.access = parts[1];
    } else {
      device.container = parts[1];
    }
  }
  for (const auto& path : {device.container, device.host}) {
    if (!path.is_absolute()) fail("{} is not an absolute path", path.string());
  }
  return device;
}

std::string parse_device_rule(const std::string& text) {
  const auto words = base::split(text, ' ');
  const auto is_number = [](const std::string& part) {
    return part == "*" || (!part.empty() && part.find_first_not_of("0123456789") == std::string::npos);
  };
  const auto numbers = words.size() == 3 ? base::split(words[1], ':') : std::vector<std::string>();
  const bool good = numbers.size() == 2 && (words[0] == "a" || words[0] == "c" || words[0] == "b") &&
                    is_number(numbers[0]) && is_number(numbers[1]) && words[2].size() <= 3 && !words[2].empty() &&
                    words[2].find_first_not_of("rwm") == std::string::npos;
  if (!good) fail("invalid device cgroup format '{}'", text);
  return text;
}

std::string parse_extra_host(const std::string& text) {
  const std::size_t separator = text.find(text.find('=') != std::string::npos ? '=' : ':');
  if (separator == std::string::npos || separator == 0) fail("bad format for add-host: \"{}\"", text);
  const std::string name = text.substr(0, separator);
  std::string address = text.substr(separator + 1);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  if (address != "host-gateway" && !is_address(address)) fail("invalid IP address in add-host: \"{}\"", address);
  return name + ":" + address;
}

std::string parse_address(const std::string& text) {
  std::string address(base::trim(text));
  if (!is_address(address)) fail("IP address is not correctly formatted: {}", text);
  return address;
}

std::string parse_domain(const std::string& text) {
  const std::string domain(base::trim(text));
  if (domain == ".") return domain;
  const std::string_view body = domain.ends_with('.') ? std::string_view(domain).substr(0, domain.size() - 1) : domain;
  const auto labels = base::split(body, '.');
  const bool good = domain.size() < 255 && std::all_of(labels.begin(), labels.end(), is_domain_label) &&
                    std::any_of(domain.begin(), domain.end(), is_letter);
  if (!good) fail("{} is not a valid domain", text);
  return domain;
}

}  // namespace davit::cli
