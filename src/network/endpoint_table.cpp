#include "network/endpoint_table.h"

#include <array>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/json_members.h"
#include "base/process.h"

namespace davit::network {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

constexpr std::array kProtocols = {base::NameRow<Protocol>{Protocol::kTcp, "tcp"},
                                   base::NameRow<Protocol>{Protocol::kUdp, "udp"},
                                   base::NameRow<Protocol>{Protocol::kSctp, "sctp"}};

struct TableMembers {
  template <typename Visit>
  static void members(Visit& visit, PortBinding& port) {
    visit("protocol", port.protocol);
    visit("host", port.host);
    visit("host_port", port.host_port);
    visit("container_port", port.container_port);
  }
  template <typename Visit>
  static void members(Visit& visit, Endpoint& endpoint) {
    visit("id", endpoint.id);
    visit("network", endpoint.network);
    visit("container", endpoint.container);
    visit("container_name", endpoint.container_name);
    visit("interface", endpoint.interface);
    visit("host_link", endpoint.host_link);
    visit("mac", endpoint.mac);
    visit("v4", endpoint.v4);
    visit("v6", endpoint.v6);
    visit("aliases", endpoint.aliases);
    visit("servers", endpoint.servers);
    visit("ports", endpoint.ports);
    visit("name_space", endpoint.name_space);
  }
  template <typename Visit>
  static void members(Visit& visit, HostChanges& changes) {
    visit("has_table", changes.has_table);
    visit("table_handle", changes.table_handle);
    visit("rules", changes.rules);
    visit("foreign_chains", changes.foreign_chains);
    visit("sysctls", changes.sysctls);
    visit("links", changes.links);
  }
  template <typename Visit>
  static void members(Visit& visit, EndpointTable& table) {
    visit("boot_id", table.boot_id);
    visit("endpoints", table.endpoints);
    visit("changes", table.changes);
    visit("unfinished", table.unfinished);
  }
  static const auto& names_of(Protocol) { return kProtocols; }
};

}  // namespace

EndpointTable EndpointTable::read(const std::filesystem::path& file) {
  const auto text = fs::read_file_if_exists(file);
  const EndpointTable empty = {.boot_id = base::boot_id()};
  if (!text) return empty;
  try {
    auto table = base::members_from_json<TableMembers, EndpointTable>(boost::json::parse(*text).as_object());
    return table.boot_id == empty.boot_id ? table : empty;
  } catch (const std::exception& error) {
    throw Error::format(Code::kCorrupt, "{} is damaged: {}", file.string(), error.what());
  }
}

void EndpointTable::write(const std::filesystem::path& file) const {
  fs::write_file(file, boost::json::serialize(base::members_to_json<TableMembers>(*this)));
}

std::set<Address> EndpointTable::addresses_in(const std::string& network) const {
  std::set<Address> taken;
  for (const auto& endpoint : endpoints) {
    if (endpoint.network != network) continue;
    if (endpoint.v4) taken.insert(*endpoint.v4);
    if (endpoint.v6) taken.insert(*endpoint.v6);
  }
  return taken;
}

const Endpoint* EndpointTable::find(const std::string& network, const std::string& container) const {
  for (const auto& endpoint : endpoints) {
    if (endpoint.network == network && endpoint.container == container) return &endpoint;
  }
  return nullptr;
}

std::vector<Endpoint> EndpointTable::of_container(const std::string& container) const {
  std::vector<Endpoint> found;
  for (const auto& endpoint : endpoints) {
    if (endpoint.container == container) found.push_back(endpoint);
  }
  return found;
}

}  // namespace davit::network
