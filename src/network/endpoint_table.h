#pragma once
// Who is connected to what, while it runs: RUN/network/endpoints.json. It is void after a reboot. Whoever changes it
// holds the lock of its folder; docs/formats/networks.md.

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "network/links.h"
#include "network/ruleset.h"

namespace davit::network {

// A port of the host that means one of a container.
struct PortBinding {
  Protocol protocol = Protocol::kTcp;
  Address host;
  int host_port = 0;
  int container_port = 0;
  bool operator==(const PortBinding&) const = default;
};

// A container's place in a network.
struct Endpoint {
  std::string id;         // 64 hex digits
  std::string network;    // its ID
  std::string container;  // its ID
  std::string container_name;
  std::string interface;  // in the container: "eth0"
  std::string host_link;  // the other end; empty for a macvlan
  MacAddress mac;
  std::optional<Address> v4, v6;
  std::vector<std::string> aliases;
  std::vector<std::string> servers;  // name servers that it asked for
  std::vector<PortBinding> ports;
  std::uint64_t name_space = 0;  // the inode of the container's network namespace
  bool operator==(const Endpoint&) const = default;
};

// What was changed on the host for the endpoints, and is taken back with the last of them.
struct HostChanges {
  bool has_table = false;                      // a table of ours may be there
  std::string table_handle;                    // of the table as we made it
  std::string rules;                           // the table's text
  std::vector<std::string> foreign_chains;     // of others, where our bridges are let through: "ip filter FORWARD"
  std::map<std::string, std::string> sysctls;  // path below /proc/sys: the value before
  std::vector<std::string> links;              // of the host, when forwarding was turned on
  bool operator==(const HostChanges&) const = default;
};

struct EndpointTable {
  std::string boot_id;
  std::vector<Endpoint> endpoints;
  HostChanges changes;
  bool unfinished = false;  // endpoints went, and what was made for them is still there
  bool operator==(const EndpointTable&) const = default;

  // An empty one where the file is missing or of another boot. Throws Error(kCorrupt) that names it.
  static EndpointTable read(const std::filesystem::path& file);
  void write(const std::filesystem::path& file) const;

  std::set<Address> addresses_in(const std::string& network) const;
  const Endpoint* find(const std::string& network, const std::string& container) const;
  std::vector<Endpoint> of_container(const std::string& container) const;
};

}  // namespace davit::network
