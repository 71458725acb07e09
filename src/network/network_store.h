#pragma once
// Named networks that outlive containers: ROOT/networks/ID.json. docs/formats/networks.md. What exists of them in the
// kernel is made when it is needed (fabric.h).
//
// Safe for use by any number of processes.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_lock.h"
#include "network/address.h"
#include "network/links.h"

namespace davit::network {

using Texts = std::map<std::string, std::string>;

enum class Driver { kBridge, kMacvlan, kIpvlan, kHost, kNull };

// A subnet of a network, and what of it is given to containers.
struct Pool {
  Subnet subnet;
  std::optional<Address> gateway;  // the bridge's own, or a router's
  std::optional<Subnet> range;     // --ip-range: only from here
  Texts reserved;                  // --aux-address: name to address; never given
  bool operator==(const Pool&) const = default;
};

struct Network {
  std::string id;  // 64 hex digits
  std::string name;
  std::string created;  // RFC 3339
  Driver driver = Driver::kBridge;
  std::vector<Pool> pools;  // at most one of each family
  bool internal = false;
  bool ipv6 = false;
  bool attachable = false;
  bool built_in = false;                       // bridge, host, none: not removed
  bool foreign_bridge = false;                 // its bridge was there before, and is not removed with it
  std::vector<std::string> foreign_addresses;  // which that bridge had then: "10.0.0.1/24"
  Texts options, labels;
  bool operator==(const Network&) const = default;

  // The name of its bridge: an option's, or of its ID.
  std::string bridge() const;
  std::string option(const std::string& name, const std::string& fallback) const;
  int mtu() const;  // 0: the kernel's choice
  // Its containers have links over one of the host's, `parent`.
  bool is_sublink() const { return driver == Driver::kMacvlan || driver == Driver::kIpvlan; }
  std::string parent() const { return option("parent", ""); }
  std::string mode() const;
  bool masquerades() const;
  bool talkative() const;               // its containers reach each other
  std::string binding_address() const;  // where ports are published that ask for no address; empty: all of the host's
  const Pool* pool(Family family) const;
  std::vector<Address> gateways() const;
  bool publishes() const { return driver == Driver::kBridge && !internal; }  // ports of its containers
  bool names_containers() const;                                             // they find each other by name
};

std::optional<Driver> find_driver(const std::string& text);
const char* name(Driver driver);  // "bridge", "macvlan", "ipvlan", "host", "null"

struct NetworkOptions {
  std::string name;
  std::string driver = "bridge";
  std::vector<std::string> subnets, gateways, ranges;  // as typed
  Texts reserved;                                      // --aux-address
  bool internal = false, ipv4 = true, ipv6 = false, attachable = false;
  Texts options, labels;
  bool predefined = false;  // the default bridge
  bool foreign_bridge = false;
  std::vector<std::string> foreign_addresses;
};

// Throws Error(kInvalidArgument) in docker's words where subnets, ranges, gateways and reserved addresses do not fit
// together. What is no subnet at all is create()'s to refuse.
void check_pools(const NetworkOptions& options);

// A bridge network's options that davit knows.
inline constexpr const char* kBridgeName = "com.docker.network.bridge.name";
inline constexpr const char* kTalkative = "com.docker.network.bridge.enable_icc";
inline constexpr const char* kMasquerade = "com.docker.network.bridge.enable_ip_masquerade";
inline constexpr const char* kBindingAddress = "com.docker.network.bridge.host_binding_ipv4";
inline constexpr const char* kMtu = "com.docker.network.driver.mtu";

// The networks that a container may be connected to without having been made: docker's names.
inline constexpr const char* kDefaultNetwork = "bridge";

class NetworkStore {
 public:
  // `store_id`: 32 hex digits, from which the choice of subnets begins.
  NetworkStore(const std::filesystem::path& root, std::string store_id);

  // Held exclusively while networks are made and removed, and while endpoints of them are.
  base::FileLock lock() const;

  // The built-in ones are made at the first look.
  std::vector<Network> list() const;  // by name
  // By full ID, name, or a prefix of an ID. Throws Error with docker's words: kNotFound "network x not found", and
  // kInvalidArgument for a text that means several.
  Network get(const std::string& text) const;
  std::optional<Network> find(const std::string& text) const;

  // Throws Error in docker's words for a bad option, a name that is taken (kConflict), a subnet that is another
  // network's or in the way of the host's `routes`. The caller holds the lock.
  Network create(const NetworkOptions& options, const std::vector<Route>& routes) const;
  // Nobody is connected to it, and the caller holds the lock.
  void remove(const Network& network) const;

 private:
  std::filesystem::path file_of(const std::string& id) const;
  Network read(const std::filesystem::path& path) const;
  void write(const Network& network) const;
  void make_built_in() const;

  std::filesystem::path folder_;
  std::string store_id_;
};

}  // namespace davit::network
