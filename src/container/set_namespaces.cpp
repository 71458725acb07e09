#include <algorithm>

#include "container/check_host.h"
#include "container/spec_parts.h"

namespace davit::container {

namespace {

using runtime::Namespace;

void share(runtime::ContainerSpec& spec, const char* kind) {
  std::erase_if(spec.namespaces, [&](const Namespace& entry) { return entry.kind == kind; });
}

void join(runtime::ContainerSpec& spec, const char* kind, int pid) {
  for (auto& entry : spec.namespaces) {
    if (entry.kind == kind) entry.path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
  }
}

void set_shm(const Description& description, const SpecPlaces& places, runtime::ContainerSpec& spec) {
  const auto& mode = description.namespaces.ipc;
  std::filesystem::path source;  // empty: one of its own, by the runtime
  if (mode == "host") source = "/dev/shm";
  if (!places.shm.empty()) source = places.shm;
  if (places.joined.ipc != 0) source = places.joined.shared_shm;
  const auto at = std::find_if(spec.mounts.begin(), spec.mounts.end(),
                               [](const runtime::Mount& mount) { return mount.target == "/dev/shm"; });
  if (mode == "none" || !source.empty()) {
    spec.mounts.erase(at);
  } else {
    at->options.back() = "size=" + std::to_string(shm_size_of(description));
  }
  if (!source.empty()) spec.mounts.push_back(runtime::bind_mount(source, "/dev/shm", false));
}

}  // namespace

void set_namespaces(const Description& description, const SpecPlaces& places, runtime::ContainerSpec& spec) {
  const auto& modes = description.namespaces;
  for (auto& entry : spec.namespaces) {
    if (entry.kind == "network") entry.path = places.network_namespace;
  }
  if (modes.ipc == "host") share(spec, "ipc");
  if (places.joined.ipc != 0) join(spec, "ipc", places.joined.ipc);
  set_shm(description, places, spec);
  if (modes.pid == "host") share(spec, "pid");
  if (places.joined.pid != 0) join(spec, "pid", places.joined.pid);
  if (modes.uts == "host") share(spec, "uts");
  if (!modes.cgroup.empty()) share(spec, "cgroup");
  if (modes.cgroup == "private") spec.namespaces.push_back({"cgroup", {}});
}

}  // namespace davit::container
