#pragma once
// What a description means on this host at this start: the runtime's spec.

#include <filesystem>
#include <map>
#include <string>

#include "container/etc_files.h"
#include "container/join_namespaces.h"
#include "container/record.h"
#include "network/fabric.h"
#include "runtime/spec.h"

namespace davit::container {

// What the container calls itself.
std::string hostname_of(const Record& record);

struct SpecPlaces {
  std::filesystem::path bundle;  // RUN/containers/ID, with the root file system mounted at rootfs
  std::filesystem::path own;     // ROOT/containers/ID
  std::string cgroup_path;       // as the runtime takes it
  std::filesystem::path shm;     // shareable memory, mounted already; empty where it is the container's alone
  JoinedNamespaces joined;
  std::string network_namespace;  // a path; empty: a new one that the runtime makes
  NetworkNames names;
  const runtime::HostLimits& host;
};

// The content of the container's own hosts and resolv.conf.
std::map<std::string, std::string> etc_files(const Description& description, const NetworkNames& names);

// Writes the files that are mounted over those in /etc. Throws Error(kInvalidArgument) with docker's words for a user
// or group that the image does not have, and for a device that the host does not have.
runtime::ContainerSpec make_spec(const Record& record, const SpecPlaces& places);

}  // namespace davit::container
