#include "container/check_settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "container/check_host.h"
#include "container/log_details.h"
#include "container/log_options.h"
#include "container/names.h"
#include "container/signals.h"
#include "container/volume_spec.h"
#include "runtime/capabilities.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Code::kInvalidArgument, fmt::format(text, std::forward<Args>(args)...));
}

constexpr std::size_t kLongestHostname = 64;  // uname(2)

// As docker shows them: sorted, each once.
void normalise_capabilities(std::vector<std::string>& names, std::string_view member) {
  names = runtime::normalized_capabilities(names, member);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

void check_process(const Description& description) {
  for (const auto* name : {&description.hostname, &description.domainname}) {
    if (name->size() > kLongestHostname) {
      refuse("invalid hostname '{}': {} bytes are more than the {} that a kernel takes", base::printable(*name),
             name->size(), kLongestHostname);
    }
  }
  if (!description.name.empty()) checked_name(description.name);
  if (!description.stop_signal.empty()) parse_signal(description.stop_signal);
  if (!description.working_dir.empty() && description.working_dir.front() != '/') {
    refuse("the working directory '{}' is invalid, it needs to be an absolute path",
           base::printable(description.working_dir));
  }
}

// A setting of the kernel that would be the host's.
void check_namespaces(const Description& description) {
  const auto& namespaces = description.namespaces;
  const auto refuse_sysctl = [](std::string_view name, std::string_view why) {
    refuse("failed to create shim task: OCI runtime create failed: runc create failed: sysctl \"{}\" {}: unknown", name,
           why);
  };
  if (namespaces.uts == "host" && !description.hostname.empty())
    refuse("conflicting options: hostname and the UTS mode");
  if (namespaces.uts == "host" && !description.domainname.empty())
    refuse_sysctl("kernel.domainname", "is not in a separate kernel namespace");
  for (const auto& [name, value] : description.sysctls) {
    const bool of_network = name.starts_with("net.");
    if (of_network && description.shares_host_network()) refuse_sysctl(name, "not allowed in host network namespace");
    if (!of_network && namespaces.ipc == "host") refuse_sysctl(name, "is not allowed in the hosts ipc namespace");
  }
}

// What is the other container's own where its network is shared.
void check_shared_network(const Description& description) {
  if (!description.network.starts_with("container:")) return;
  const auto& names = description.names;
  const bool names_servers = !names.servers.empty() || !names.search.empty() || !names.options.empty();
  if (!description.hostname.empty()) refuse("conflicting options: hostname and the network mode");
  if (names_servers) refuse("conflicting options: dns and the network mode");
  if (!names.extra_hosts.empty()) refuse("conflicting options: custom host-to-IP mapping and the network mode");
  if (!description.ports.empty() || description.publish_all)
    refuse("conflicting options: port publishing and the container type network mode");
  if (!description.exposed_ports.empty())  // of -p too: they come second
    refuse("conflicting options: port exposing and the container type network mode");
}

void check_devices(const Description& description) {
  for (const auto& device : description.devices) {
    if (!base::fs::exists(device.host)) {
      throw Error::format(Code::kNotFound,
                          "error gathering device information while adding custom device \"{}\": no such file or "
                          "directory",
                          base::printable(device.host.string()));
    }
  }
  const auto& resources = description.resources;
  for (const auto* rates : {&resources.blkio_weight_devices, &resources.read_bps, &resources.write_bps,
                            &resources.read_iops, &resources.write_iops}) {
    for (const auto& rate : *rates) {
      if (!base::fs::exists(rate.device)) {
        throw Error::format(Code::kNotFound, "stat {}: no such file or directory",
                            base::printable(rate.device.string()));
      }
    }
  }
}

// crun and runc are known by name; others, which have the words of one of them, by their path.
void check_runtime(const std::string& runtime) {
  if (runtime.empty() || runtime == "runc" || runtime == "crun") return;
  if (runtime.front() == '/' && base::fs::exists(runtime)) return;
  refuse("Unknown runtime specified {}", base::printable(runtime));
}

}  // namespace

std::vector<std::string> check_settings(Description& description) {
  check_process(description);
  if (!description.working_dir.empty()) description.working_dir = clean_path(description.working_dir).string();
  check_namespaces(description);
  check_shared_network(description);
  for (const auto& wish : description.networks) network::check_wish(wish);
  normalise_capabilities(description.security.cap_add, "CapAdd");
  normalise_capabilities(description.security.cap_drop, "CapDrop");
  check_log(description.log);
  log_details(description);  // throws for a bad expression
  check_runtime(description.runtime);
  check_devices(description);
  auto warnings = check_host(description);
  if (description.shares_host_network() && (!description.ports.empty() || description.publish_all))
    warnings.emplace_back("Published ports are discarded when using host network mode");
  return warnings;
}

}  // namespace davit::container
