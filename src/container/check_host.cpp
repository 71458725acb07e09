#include "container/check_host.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "container/init_program.h"
#include "runtime/apparmor.h"
#include "runtime/check_resources.h"
#include "runtime/seccomp.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

constexpr std::uint64_t kDefaultShm = 64 * 1024 * 1024;
constexpr std::uint64_t kUnlimited = UINT64_MAX;

[[noreturn]] void refuse(const std::string& message) { throw Error(Code::kInvalidArgument, message); }

void check_capabilities(const Description& description, const runtime::HostLimits& host) {
  const auto& security = description.security;
  runtime::changed_capabilities(
      {.privileged = security.privileged, .add = security.cap_add, .drop = security.cap_drop});
  for (const auto& name : runtime::normalized_capabilities(security.cap_add, "CapAdd")) {
    if (name == "ALL" || (host.capabilities >> runtime::capability_number(name) & 1) != 0) continue;
    throw Error::format(Code::kNotSupported, "--cap-add {}: davit does not have this capability here itself", name);
  }
}

std::string number(std::uint64_t value) { return value == kUnlimited ? "unlimited" : std::to_string(value); }

void check_limits(const Description& description, const runtime::HostLimits& host) {
  for (const auto& limit : description.limits) {
    const auto own = host.hard_limits.find(limit.name);
    if (own == host.hard_limits.end() || std::max(limit.soft, limit.hard) <= own->second) continue;
    const auto flag = base::to_lower(limit.name.substr(limit.name.find('_') + 1));
    throw Error::format(Code::kNotSupported,
                        "--ulimit {}={}:{}: davit's own hard limit is {}, and it lacks CAP_SYS_RESOURCE to raise it",
                        flag, number(limit.soft), number(limit.hard), own->second);
  }
}

void check_oom_score(const Description& description, const runtime::HostLimits& host) {
  const int wanted = description.oom_score_adj;
  if (wanted < -1000 || wanted > 1000)
    refuse(fmt::format("Invalid value {}, range for oom score adj is [-1000, 1000]", wanted));
  if (wanted == 0 || host.may_lower_oom_score || wanted >= host.oom_score_adj) return;
  throw Error::format(Code::kNotSupported,
                      "--oom-score-adj {}: davit's own is {}, and it lacks CAP_SYS_RESOURCE to go below", wanted,
                      host.oom_score_adj);
}

// "container:ID" and what else is of one flag alone is left to that flag's parser; this is what may not reach a start.
void check_namespaces(const Namespaces& modes) {
  const auto one_of = [](const std::string& mode, std::initializer_list<std::string_view> known) {
    return mode.empty() || mode == "host" || mode == "private" ||
           std::find(known.begin(), known.end(), mode) != known.end();
  };
  if (!modes.ipc.starts_with("container:") && !one_of(modes.ipc, {"none", "shareable"}))
    refuse("Invalid IPC mode: " + base::printable(modes.ipc));
  if (!modes.pid.starts_with("container:") && !one_of(modes.pid, {})) refuse("--pid: invalid PID mode");
  if (!one_of(modes.uts, {})) refuse("--uts: invalid UTS mode");
  if (!one_of(modes.cgroup, {})) refuse("--cgroupns: invalid CGROUP mode");
  if (!modes.user.empty() && modes.user != "host") refuse("--userns: invalid USER mode");
}

// Everything that needs no look at the host is cheap; that is taken only where one of these is set.
bool needs_host(const Description& description) {
  return !description.limits.empty() || description.oom_score_adj != 0 || !description.security.cap_add.empty() ||
         !description.security.cap_drop.empty();
}

}  // namespace

std::uint64_t shm_size_of(const Description& description) {
  return description.shm_size == 0 ? kDefaultShm : description.shm_size;
}

std::vector<std::string> check_host(Description& description) {
  if (needs_host(description)) {
    const auto host = runtime::HostLimits::probe();
    check_capabilities(description, host);
    check_limits(description, host);
    check_oom_score(description, host);
  }
  check_namespaces(description.namespaces);
  if (!description.security.apparmor.empty()) runtime::apparmor_profile(description.security.apparmor);
  if (!description.security.seccomp.empty() && description.security.seccomp != "unconfined")
    runtime::convert_seccomp(description.security.seccomp, {});
  if (runs_init(description) && !find_init()) throw Error(Code::kNotSupported, kNoInit);
  for (const auto& rule : description.device_rules) runtime::parse_device_rule(rule);
  auto checked = runtime::check_resources(description.resources);
  description.resources = std::move(checked.resources);
  return std::move(checked.warnings);
}

}  // namespace davit::container
