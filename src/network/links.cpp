#include "network/links.h"

#include <algorithm>

#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/ipvlan.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "network/netlink.h"

namespace davit::network {

namespace {

using base::Code;
using base::Error;

struct Put {
  void operator()(rtnl_link* link) const { ::rtnl_link_put(link); }
  void operator()(rtnl_addr* address) const { ::rtnl_addr_put(address); }
  void operator()(rtnl_route* route) const { ::rtnl_route_put(route); }
  void operator()(nl_addr* address) const { ::nl_addr_put(address); }
};
using LinkObject = std::unique_ptr<rtnl_link, Put>;
using AddressObject = std::unique_ptr<rtnl_addr, Put>;
using RouteObject = std::unique_ptr<rtnl_route, Put>;
using NlAddress = std::unique_ptr<nl_addr, Put>;

int family_number(Family family) { return family == Family::kV4 ? AF_INET : AF_INET6; }

NlAddress address_object(const Address& address, int prefix) {
  NlAddress object(::nl_addr_build(family_number(address.family()), address.bytes().data(), address.size()));
  ::nl_addr_set_prefixlen(object.get(), prefix);
  return object;
}

NlAddress mac_object(const MacAddress& mac) {
  return NlAddress(::nl_addr_build(AF_LLC, mac.bytes().data(), mac.bytes().size()));
}

LinkObject find_link(nl_sock* socket, const std::string& name) {
  if (name.size() >= IFNAMSIZ) return {};  // libnl refuses to ask
  rtnl_link* found = nullptr;
  const int result = ::rtnl_link_get_kernel(socket, 0, name.c_str(), &found);
  if (result == -NLE_OBJ_NOTFOUND || result == -NLE_NODEV) return {};
  check_netlink(result, "look for link " + name);
  return LinkObject(found);
}

Cache routes_of(nl_sock* socket, Family family) {
  nl_cache* cache = nullptr;
  check_netlink(::rtnl_route_alloc_cache(socket, family_number(family), 0, &cache), "list routes");
  return Cache(cache);
}

Cache links_of(nl_sock* socket) {
  nl_cache* cache = nullptr;
  check_netlink(::rtnl_link_alloc_cache(socket, AF_UNSPEC, &cache), "list links");
  return Cache(cache);
}

rtnl_nexthop* first_hop(rtnl_route* route) {
  return ::rtnl_route_get_nnexthops(route) > 0 ? ::rtnl_route_nexthop_n(route, 0) : nullptr;
}

// The names of links that have such a route.
template <typename Fits>
void add_links_with_route(nl_sock* socket, Family family, std::vector<std::string>& names, const Fits& fits) {
  const auto links = links_of(socket);
  for_each<rtnl_route>(routes_of(socket, family), [&](rtnl_route* route) {
    auto* hop = first_hop(route);
    if (hop == nullptr || !fits(route, hop)) return;
    std::array<char, IFNAMSIZ> name = {};
    if (::rtnl_link_i2name(links.get(), ::rtnl_route_nh_get_ifindex(hop), name.data(), name.size()) == nullptr) return;
    if (std::find(names.begin(), names.end(), name.data()) == names.end()) names.emplace_back(name.data());
  });
}

}  // namespace

void Links::Close::operator()(nl_sock* socket) const { ::nl_socket_free(socket); }

Links::Links(Links&&) noexcept = default;
Links::~Links() = default;

Links Links::open() {
  Links links(::nl_socket_alloc());
  if (!links.socket_) throw Error(Code::kIo, "no memory for a netlink socket");
  check_netlink(::nl_connect(links.socket_.get(), NETLINK_ROUTE), "open a netlink socket");
  return links;
}

Links Links::here() { return open(); }

// A socket stays in the namespace in which it was made.
Links Links::in(const Namespace& name_space) {
  std::optional<Links> links;
  name_space.run([&] { links.emplace(open()); });
  return std::move(*links);
}

std::optional<Link> Links::find(const std::string& name) const {
  const auto link = find_link(socket_.get(), name);
  if (!link) return {};
  const char* kind = ::rtnl_link_get_type(link.get());
  return Link{.index = ::rtnl_link_get_ifindex(link.get()),
              .kind = kind == nullptr ? "" : kind,
              .up = (::rtnl_link_get_flags(link.get()) & IFF_UP) != 0,
              .mtu = static_cast<int>(::rtnl_link_get_mtu(link.get())),
              .master = ::rtnl_link_get_master(link.get())};
}

int Links::index_of(const std::string& name) const {
  const auto link = find(name);
  if (!link) throw Error::format(Code::kNotFound, "there is no link {}", name);
  return link->index;
}

std::vector<LinkAddress> Links::addresses() const { return addresses_of(0); }

std::vector<LinkAddress> Links::addresses(const std::string& name) const { return addresses_of(index_of(name)); }

std::vector<LinkAddress> Links::addresses_of(int index) const {
  nl_cache* list = nullptr;
  check_netlink(::rtnl_addr_alloc_cache(socket_.get(), &list), "list addresses");
  std::vector<LinkAddress> found;
  for_each<rtnl_addr>(Cache(list), [&](rtnl_addr* address) {
    if (index != 0 && ::rtnl_addr_get_ifindex(address) != index) return;
    if (const auto one = from_object(::rtnl_addr_get_local(address))) found.push_back(*one);
  });
  return found;
}

std::vector<Route> Links::routes(Family family) const {
  std::vector<Route> found;
  for_each<rtnl_route>(routes_of(socket_.get(), family), [&](rtnl_route* route) {
    const auto target = from_object(::rtnl_route_get_dst(route));
    if (!target || target->prefix == 0 || ::rtnl_route_get_table(route) == RT_TABLE_LOCAL) return;
    auto* hop = first_hop(route);
    const bool connected = hop != nullptr && ::rtnl_route_nh_get_gateway(hop) == nullptr;
    found.push_back({Subnet(target->address, target->prefix), connected});
  });
  return found;
}

std::vector<std::string> Links::names() const {
  std::vector<std::string> found;
  for_each<rtnl_link>(links_of(socket_.get()),
                      [&](rtnl_link* link) { found.emplace_back(::rtnl_link_get_name(link)); });
  return found;
}

std::vector<std::string> Links::uplinks() const {
  std::vector<std::string> found;
  for (const auto family : {Family::kV4, Family::kV6}) {
    add_links_with_route(socket_.get(), family, found,
                         [](rtnl_route*, rtnl_nexthop* hop) { return ::rtnl_route_nh_get_gateway(hop) != nullptr; });
  }
  return found;
}

std::vector<std::string> Links::advertised() const {
  std::vector<std::string> found;
  add_links_with_route(socket_.get(), Family::kV6, found,
                       [](rtnl_route* route, rtnl_nexthop*) { return ::rtnl_route_get_protocol(route) == RTPROT_RA; });
  return found;
}

void Links::make_bridge(const Bridge& bridge) const {
  const LinkObject made(::rtnl_link_bridge_alloc());
  ::rtnl_link_set_name(made.get(), bridge.name.c_str());
  // An address of its own: else the bridge takes the lowest of its ports', and changes it as they come and go.
  ::rtnl_link_set_addr(made.get(), mac_object(MacAddress::random()).get());
  const int result = ::rtnl_link_add(socket_.get(), made.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (result != -NLE_EXIST) check_netlink(result, "make bridge " + bridge.name);
  const auto settings = "/proc/sys/net/ipv6/conf/" + bridge.name;
  if (!base::fs::exists(settings)) return;  // a kernel without IPv6
  base::fs::write_control_file(settings + "/accept_ra", "0");
  if (!bridge.ipv6) base::fs::write_control_file(settings + "/disable_ipv6", "1");
}

bool Links::ensure_bridge(const Bridge& bridge) const {
  auto link = find(bridge.name);
  if (link && link->kind != "bridge") {
    throw Error::format(Code::kConflict, "link {} is there already, and it is no bridge", bridge.name);
  }
  if (!link) make_bridge(bridge);
  const auto present = link ? addresses(bridge.name) : std::vector<LinkAddress>();
  for (const auto& address : bridge.addresses) {
    if (std::find(present.begin(), present.end(), address) == present.end()) add_address(bridge.name, address);
  }
  if (!link || !link->up) set_up(bridge.name, bridge.mtu);  // a new bridge takes no MTU
  return !link;
}

void Links::add_port(const std::string& port, const std::string& bridge) const {
  const auto link = find_link(socket_.get(), port);
  if (!link) throw Error::format(Code::kNotFound, "there is no link {}", port);
  const LinkObject change(::rtnl_link_alloc());
  ::rtnl_link_set_master(change.get(), index_of(bridge));
  check_netlink(::rtnl_link_change(socket_.get(), link.get(), change.get(), 0), "make link " + port + " a port");
  set_up(port);
  let_back_in(port);
}

void Links::add_veth(const Veth& veth, const std::string& bridge, const Namespace& container) const {
  const LinkObject host(::rtnl_link_veth_alloc());
  const LinkObject peer(::rtnl_link_veth_get_peer(host.get()));
  ::rtnl_link_set_name(host.get(), veth.host_name.c_str());
  ::rtnl_link_set_master(host.get(), index_of(bridge));
  ::rtnl_link_set_name(peer.get(), veth.container_name.c_str());
  ::rtnl_link_set_ns_fd(peer.get(), container.fd());
  if (veth.mac) ::rtnl_link_set_addr(peer.get(), mac_object(*veth.mac).get());
  if (veth.mtu != 0) {
    for (auto* link : {host.get(), peer.get()}) ::rtnl_link_set_mtu(link, static_cast<unsigned>(veth.mtu));
  }
  check_netlink(::rtnl_link_add(socket_.get(), host.get(), NLM_F_CREATE | NLM_F_EXCL), "make link " + veth.host_name);
  set_up(veth.host_name);
  let_back_in(veth.host_name);
}

// libnl does not know this flag.
void Links::isolate(const std::string& port) {
  base::fs::write_control_file("/sys/class/net/" + port + "/brport/isolated", "1");
}

// A packet may leave by the port that it came by: a container calls its own published port, and the bridge's netfilter
// has translated it before it leaves the bridge.
void Links::let_back_in(const std::string& port) const {
  const LinkObject link(::rtnl_link_alloc()), change(::rtnl_link_alloc());
  ::rtnl_link_set_ifindex(link.get(), index_of(port));
  for (auto* object : {link.get(), change.get()}) ::rtnl_link_set_family(object, AF_BRIDGE);
  check_netlink(::rtnl_link_bridge_set_flags(change.get(), RTNL_BRIDGE_HAIRPIN_MODE), "a bridge's port");
  check_netlink(::rtnl_link_change(socket_.get(), link.get(), change.get(), 0), "set the hairpin mode of link " + port);
}

void Links::add_sublink(const Sublink& sublink, const Namespace& container) const {
  const bool macvlan = sublink.kind == "macvlan";
  const LinkObject link(macvlan ? ::rtnl_link_macvlan_alloc() : ::rtnl_link_ipvlan_alloc());
  ::rtnl_link_set_name(link.get(), sublink.name.c_str());
  ::rtnl_link_set_link(link.get(), index_of(sublink.parent));
  ::rtnl_link_set_ns_fd(link.get(), container.fd());
  if (macvlan) {
    const auto mode = static_cast<unsigned>(::rtnl_link_macvlan_str2mode(sublink.mode.c_str()));
    ::rtnl_link_macvlan_set_mode(link.get(), mode);
  } else {
    const auto mode = static_cast<std::uint16_t>(::rtnl_link_ipvlan_str2mode(sublink.mode.c_str()));
    ::rtnl_link_ipvlan_set_mode(link.get(), mode);
  }
  if (macvlan && sublink.mac) ::rtnl_link_set_addr(link.get(), mac_object(*sublink.mac).get());
  if (sublink.mtu != 0) ::rtnl_link_set_mtu(link.get(), static_cast<unsigned>(sublink.mtu));
  const int result = ::rtnl_link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (result == -NLE_OPNOTSUPP) {
    throw Error::format(Code::kNotSupported, "this kernel has no {0} links (CONFIG_{1}, module {0})", sublink.kind,
                        base::to_upper(sublink.kind));
  }
  check_netlink(result, "make a link of kind " + sublink.kind + " over " + sublink.parent);
}

void Links::remove(const std::string& name) const {
  const auto link = find_link(socket_.get(), name);
  if (!link) return;
  const int result = ::rtnl_link_delete(socket_.get(), link.get());
  if (result != -NLE_NODEV && result != -NLE_OBJ_NOTFOUND) check_netlink(result, "remove link " + name);
}

void Links::set_up(const std::string& name, int mtu) const {
  const auto link = find_link(socket_.get(), name);
  if (!link) throw Error::format(Code::kNotFound, "there is no link {}", name);
  const LinkObject change(::rtnl_link_alloc());
  ::rtnl_link_set_flags(change.get(), IFF_UP);
  if (mtu != 0) ::rtnl_link_set_mtu(change.get(), static_cast<unsigned>(mtu));
  check_netlink(::rtnl_link_change(socket_.get(), link.get(), change.get(), 0), "set up link " + name);
}

void Links::remove_address(const std::string& name, const LinkAddress& address) const {
  const AddressObject object(::rtnl_addr_alloc());
  ::rtnl_addr_set_ifindex(object.get(), index_of(name));
  check_netlink(::rtnl_addr_set_local(object.get(), address_object(address.address, address.prefix).get()),
                "an address");
  const int result = ::rtnl_addr_delete(socket_.get(), object.get(), 0);
  if (result != -NLE_NOADDR && result != -NLE_OBJ_NOTFOUND)
    check_netlink(result, "take " + address.address.text() + " from link " + name);
}

void Links::add_address(const std::string& name, const LinkAddress& address) const {
  const AddressObject object(::rtnl_addr_alloc());
  ::rtnl_addr_set_ifindex(object.get(), index_of(name));
  check_netlink(::rtnl_addr_set_local(object.get(), address_object(address.address, address.prefix).get()),
                "an address");
  if (address.address.is_v6()) {
    ::rtnl_addr_set_flags(object.get(), IFA_F_NODAD);  // we allot them: nobody else has it
  } else {
    const auto last = Subnet(address.address, address.prefix).last();
    ::rtnl_addr_set_broadcast(object.get(), address_object(last, 32).get());
  }
  check_netlink(::rtnl_addr_add(socket_.get(), object.get(), NLM_F_REPLACE),
                "give link " + name + " " + address.address.text());
}

void Links::add_default_route(const std::string& name, const Address& gateway) const {
  const RouteObject route(::rtnl_route_alloc());
  ::rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(family_number(gateway.family())));
  ::rtnl_route_set_dst(route.get(), address_object(Address::any(gateway.family()), 0).get());
  auto* hop = ::rtnl_route_nh_alloc();
  ::rtnl_route_nh_set_ifindex(hop, index_of(name));
  ::rtnl_route_nh_set_gateway(hop, address_object(gateway, bits_of(gateway.family())).get());
  ::rtnl_route_add_nexthop(route.get(), hop);  // which owns it from here on
  const int result = ::rtnl_route_add(socket_.get(), route.get(), NLM_F_EXCL);
  if (result != -NLE_EXIST) check_netlink(result, "add a default route by " + gateway.text());
}

}  // namespace davit::network
