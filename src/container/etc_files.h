#pragma once
// The contents of /etc/hostname, /etc/hosts and /etc/resolv.conf, which each container has of its own, as docker writes
// them. Pure functions of what the host has.

#include <string>
#include <string_view>

#include "container/description.h"

namespace davit::container {

// The host's own with its network; without one the names of loopback and of IPv6's groups, as docker writes them. Then
// those of --add-host.
std::string hosts_file(const Description& description, std::string_view host_file);

// The host's, without name servers that are only reachable on the host's own loopback unless its network is shared.
// Where --dns, --dns-search or --dns-option say something, that is in place of the host's lines of that kind; a search
// list of "." alone is none.
std::string resolv_conf(const Description& description, std::string_view host_file);

}  // namespace davit::container
