#include "base/error.h"
#include "container/spec_parts.h"
#include "runtime/apparmor.h"
#include "runtime/seccomp.h"

namespace davit::container {

namespace {

// /sys and the control groups can be written to, as docker has it, unless the root is to be read-only.
void open_up(const Description& description, runtime::ContainerSpec& spec) {
  spec.masked_paths.clear();
  spec.read_only_paths.clear();
  if (description.read_only_root) return;
  for (auto& mount : spec.mounts) {
    if (mount.type == "sysfs" || mount.type == "cgroup") std::erase(mount.options, "ro");
  }
}

std::string seccomp_of(const Security& security, const runtime::ContainerSpec& spec) {
  if (security.privileged || security.seccomp == "unconfined") return {};
  const runtime::SeccompContext context{.capabilities = spec.process.capabilities};
  return security.seccomp.empty() ? runtime::default_seccomp(context)
                                  : runtime::convert_seccomp(security.seccomp, context);
}

}  // namespace

std::vector<sock_filter> seccomp_filter_of(const Security& security) {
  if (security.privileged || !security.seccomp.empty()) return {};
  return runtime::early_filter(
      {.capabilities = runtime::changed_capabilities({.add = security.cap_add, .drop = security.cap_drop})});
}

void set_security(const Description& description, const runtime::HostLimits& host, runtime::ContainerSpec& spec) {
  const auto& security = description.security;
  spec.read_only_root = description.read_only_root;
  spec.process.no_new_privileges = security.no_new_privileges;
  spec.process.capabilities = runtime::changed_capabilities(
      {.privileged = security.privileged, .add = security.cap_add, .drop = security.cap_drop});
  std::erase_if(spec.process.capabilities, [&](const std::string& name) {
    return (host.capabilities >> runtime::capability_number(name) & 1) == 0;
  });
  if (security.privileged) open_up(description, spec);
  if (security.unmasked_paths) {
    spec.masked_paths.clear();
    spec.read_only_paths.clear();
  }
  spec.seccomp = seccomp_of(security, spec);
  if (!security.privileged) spec.apparmor = runtime::apparmor_profile(security.apparmor);

  auto devices = security.privileged ? runtime::host_devices() : runtime::Devices();
  auto wanted = runtime::find_devices(description.devices);
  devices.nodes.insert(devices.nodes.end(), wanted.nodes.begin(), wanted.nodes.end());
  devices.rules.insert(devices.rules.end(), wanted.rules.begin(), wanted.rules.end());
  for (const auto& rule : description.device_rules) devices.rules.push_back(runtime::parse_device_rule(rule));
  spec.devices = std::move(devices.nodes);
  spec.device_rules = std::move(devices.rules);
}

}  // namespace davit::container
