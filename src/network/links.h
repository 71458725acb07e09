#pragma once
// Links, addresses and routes of one network namespace, by rtnetlink(7) through libnl-route. Everything is asked of the
// kernel each time: nothing is cached. Errors name the link. An object serves one thread at a time.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "network/address.h"
#include "network/namespace.h"

struct nl_sock;

namespace davit::network {

struct Link {
  int index = 0;
  std::string kind;  // "bridge", "veth"; empty: hardware, loopback
  bool up = false;
  int mtu = 0;
  int master = 0;  // the index of its bridge; 0: none
};

// An address of a link, and the subnet that it is in.
struct LinkAddress {
  Address address;
  int prefix = 0;
  std::string text() const { return address.text() + "/" + std::to_string(prefix); }
  auto operator<=>(const LinkAddress&) const = default;
};

// Where packets for a subnet go.
struct Route {
  Subnet subnet;
  bool connected = false;  // a link is in it: no gateway is asked
};

struct Bridge {
  std::string name;
  int mtu = 0;  // 0: the kernel's choice
  std::vector<LinkAddress> addresses;
  bool ipv6 = false;  // else it has none, not even an address of its own making
};

// A pair of links: one here, the other in a container.
struct Veth {
  std::string host_name, container_name;
  std::optional<MacAddress> mac;  // of the container's
  int mtu = 0;
};

// A link of its own over another link of the host.
struct Sublink {
  std::string kind;  // macvlan, ipvlan
  std::string parent, name;
  std::string mode;               // of a macvlan: bridge, private, vepa, passthru; of an ipvlan: l2
  std::optional<MacAddress> mac;  // an ipvlan has its parent's
  int mtu = 0;
};

class Links {
 public:
  static Links here();  // of the calling thread's namespace
  static Links in(const Namespace& name_space);
  Links(Links&&) noexcept;
  ~Links();

  std::optional<Link> find(const std::string& name) const;
  std::vector<LinkAddress> addresses(const std::string& name) const;
  std::vector<LinkAddress> addresses() const;  // of all links
  // Of all links, but for a default route.
  std::vector<Route> routes(Family family) const;
  std::vector<std::string> names() const;       // of all links
  std::vector<std::string> uplinks() const;     // names of links that have a route by a gateway
  std::vector<std::string> advertised() const;  // names of links that have an IPv6 route from a router's advertisement

  // Makes the bridge, with its addresses, and sets it up; it takes no routers' advertisements, which a container could
  // send. One that is there gets what it lacks. Throws Error(kConflict) where a link of another kind has the name.
  // True where it was not there.
  bool ensure_bridge(const Bridge& bridge) const;
  // The link, which is set up, becomes a port of the bridge.
  void add_port(const std::string& port, const std::string& bridge) const;
  // Packets do not pass between the port and others of its bridge that are isolated too.
  static void isolate(const std::string& port);
  // The one end becomes a port of `bridge`, the other goes into `container`, where it is down.
  void add_veth(const Veth& veth, const std::string& bridge, const Namespace& container) const;
  // Goes into `container`, where it is down. Throws Error(kNotSupported) where the kernel has no such links.
  void add_sublink(const Sublink& link, const Namespace& container) const;
  // What is not there is no error.
  void remove(const std::string& name) const;

  void set_up(const std::string& name, int mtu = 0) const;  // 0: the MTU stays
  void add_address(const std::string& name, const LinkAddress& address) const;
  void remove_address(const std::string& name, const LinkAddress& address) const;  // what is not there is no error
  // One that is there already stays.
  void add_default_route(const std::string& name, const Address& gateway) const;

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  explicit Links(nl_sock* socket) : socket_(socket) {}
  static Links open();
  void make_bridge(const Bridge& bridge) const;
  int index_of(const std::string& name) const;
  std::vector<LinkAddress> addresses_of(int index) const;  // 0: of all links
  void let_back_in(const std::string& port) const;

  std::unique_ptr<nl_sock, Close> socket_;
};

}  // namespace davit::network
