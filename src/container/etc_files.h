#pragma once
// The contents of /etc/hostname, /etc/hosts and /etc/resolv.conf, which each container has of its own, as docker writes
// them. Pure functions of what the host has.

#include <string>
#include <string_view>

#include "container/description.h"

namespace davit::container {

// What its networks give a container besides.
struct NetworkNames {
  std::string host_gateway;              // what "host-gateway" stands for in --add-host
  std::string host_lines;                // of /etc/hosts: its own addresses, and those that it is linked to
  std::vector<std::string> servers;      // where its networks answer for names; empty: nowhere
  std::vector<std::string> environment;  // of linked containers
};

// The host's own with its network; without one the names of loopback and of IPv6's groups, as docker writes them. Then
// those of --add-host, and those of its networks.
std::string hosts_file(const Description& description, std::string_view host_file, const NetworkNames& names = {});

// A line for each address of the places, with the container's host name.
std::string own_host_lines(const Description& description, const std::string& hostname,
                           const std::vector<network::Place>& places);

// The host's, without name servers that are only reachable on the host's own loopback unless its network is shared.
// Where --dns, --dns-search or --dns-option say something, that is in place of the host's lines of that kind; a search
// list of "." alone is none. Where its networks answer for names, they are asked: they ask the servers of --dns, or the
// host's.
std::string resolv_conf(const Description& description, std::string_view host_file, const NetworkNames& names = {});
// Whether such a file names any server.
bool names_a_server(std::string_view resolv_conf);

}  // namespace davit::container
