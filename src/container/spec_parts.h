#pragma once
// Parts of make_spec(): each sets what it is named for, over the defaults.

#include "container/make_spec.h"

namespace davit::container {

// Namespaces that are shared with the host or with another container, and /dev/shm, which goes with IPC.
void set_namespaces(const Description& description, const SpecPlaces& places, runtime::ContainerSpec& spec);

// Capabilities, seccomp, AppArmor, masked and read-only paths, devices. Throws Error(kInvalidArgument) in docker's
// words.
void set_security(const Description& description, const runtime::HostLimits& host, runtime::ContainerSpec& spec);

// What conmon is started with, for the container and for each exec in it: runtime::early_filter(), unless another
// profile or none was asked for.
std::vector<sock_filter> seccomp_filter_of(const Security& security);

}  // namespace davit::container
