#include "runtime/capabilities.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <linux/capability.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

// By bit number (linux/capability.h).
constexpr std::array<std::string_view, 41> kCapabilityNames = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};
static_assert(kCapabilityNames[CAP_SETFCAP] == "CAP_SETFCAP" &&
              kCapabilityNames[CAP_CHECKPOINT_RESTORE] == "CAP_CHECKPOINT_RESTORE");

constexpr const char* kAll = "ALL";

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

int capability_number(std::string_view name) {
  const auto* found = std::find(kCapabilityNames.begin(), kCapabilityNames.end(), name);
  return found == kCapabilityNames.end() ? -1 : static_cast<int>(found - kCapabilityNames.begin());
}

const std::vector<std::string>& default_capabilities() {
  static const std::vector<std::string> names = {
      "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
      "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
      "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
      "CAP_KILL",    "CAP_AUDIT_WRITE",
  };
  return names;
}

std::vector<std::string> all_capabilities() { return {kCapabilityNames.begin(), kCapabilityNames.end()}; }

std::vector<std::string> normalized_capabilities(const std::vector<std::string>& typed, std::string_view what) {
  std::vector<std::string> names;
  for (const auto& text : typed) {
    auto name = text;
    for (auto& character : name) character = static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
    if (name != kAll && !name.starts_with("CAP_")) name.insert(0, "CAP_");
    if (name != kAll && capability_number(name) < 0) {
      throw base::Error::format(base::Code::kInvalidArgument, "invalid {}: unknown capability: \"{}\"", what,
                                base::printable(name));
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> changed_capabilities(const CapabilityChanges& changes) {
  const auto add = normalized_capabilities(changes.add, "CapAdd");
  const auto drop = normalized_capabilities(changes.drop, "CapDrop");
  if (changes.privileged) return all_capabilities();
  std::vector<std::string> result;
  if (contains(add, kAll)) {
    result = all_capabilities();
  } else if (contains(drop, kAll)) {
    return add;
  } else {
    result = default_capabilities();
  }
  std::erase_if(result, [&](const std::string& name) { return contains(drop, name); });
  for (const auto& name : add) {
    if (name != kAll && !contains(result, name)) result.push_back(name);
  }
  return result;
}

}  // namespace davit::runtime
