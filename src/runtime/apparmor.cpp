#include "runtime/apparmor.h"

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

constexpr const char* kDefault = "docker-default";

bool enabled() {
  return base::fs::read_file_if_exists("/sys/module/apparmor/parameters/enabled").value_or("").starts_with("Y");
}

// "docker-default (enforce)", a line each.
bool loaded(const std::string& name) {
  const auto profiles = base::fs::read_file_if_exists("/sys/kernel/security/apparmor/profiles").value_or("");
  for (const auto& line : base::split(profiles, '\n')) {
    if (line.starts_with(name + " (")) return true;
  }
  return false;
}

}  // namespace

std::string apparmor_profile(const std::string& wanted) {
  if (wanted == "unconfined") return enabled() ? wanted : "";
  if (!enabled()) {
    if (wanted.empty()) return "";
    throw base::Error::format(base::Code::kNotSupported,
                              "--security-opt apparmor={}: AppArmor is not enabled on this host",
                              base::printable(wanted));
  }
  if (wanted.empty()) return loaded(kDefault) ? kDefault : "";
  if (loaded(wanted)) return wanted;
  throw base::Error::format(base::Code::kNotSupported, "--security-opt apparmor={}: the profile is not loaded",
                            base::printable(wanted));
}

}  // namespace davit::runtime
