#pragma once
// Connects containers to networks: allots addresses, reserves ports, and makes in the kernel what that needs: bridges,
// links, routes, rules, sysctls. docs/networks.md.
//
// Safe for use by any number of processes: what is written down is changed under one lock, RUN/network/lock, and
// written down before it is made, so that release() undoes what a davit that died had no time to.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "network/endpoint_table.h"
#include "network/name_service.h"
#include "network/namespace.h"
#include "network/network_store.h"
#include "network/port_reservation.h"

namespace davit::network {

// A network that a container is to be in.
struct Wish {
  std::string network;  // name or ID, as typed
  std::vector<std::string> aliases;
  std::string ipv4, ipv6, mac;  // empty: of our choice
  bool operator==(const Wish&) const = default;
};

// Throws Error in docker's words for a wish that is malformed by itself.
void check_wish(const Wish& wish);
// Throws Error in docker's words where an address that the wish asks for is not the network's to give.
void check_addresses(const Network& network, const Wish& wish);

// A port that is to be published. Ports are numbers or ranges as typed: "80", "8000-8010".
struct PortWish {
  Protocol protocol = Protocol::kTcp;
  std::string host;                             // an address; empty: all of the host's
  int first_host_port = 0, last_host_port = 0;  // 0: the kernel's choice; a range: the first free one of it
  int container_port = 0;
  bool operator==(const PortWish&) const = default;
};

struct Wishes {
  std::string container, container_name;
  std::vector<Wish> networks;        // the first one's gateway is the default route
  std::vector<PortWish> ports;       // published by the first network that can
  std::vector<std::string> servers;  // name servers in place of the host's
};

// Where a container is.
struct Place {
  Network network;
  Endpoint endpoint;
};

// What prepare() has allotted. The ports are reserved as long as it, or whom its descriptors were given, lives.
struct Connection {
  Namespace name_space;
  std::vector<Place> places;
  std::vector<PortReservation> reservations;
};

class Fabric {
 public:
  struct Options {
    std::filesystem::path root, run;  // the store's
    std::string store_id;
    std::function<void(int pid)> adopt;  // see NameService
  };
  explicit Fabric(const Options& options);

  const NetworkStore& networks() const { return networks_; }
  // With the default bridge, which is made at the first look. Throws as NetworkStore::get().
  Network get(const std::string& text) const;
  std::vector<Network> list() const;
  Network create(const NetworkOptions& options) const;
  // Takes its bridge away too. Throws Error(kConflict) in docker's words while somebody is connected.
  void remove(const std::string& text) const;

  // Endpoints, addresses and ports for a container that is to start. Throws Error in docker's words: kNotFound for a
  // network, kConflict for an address or port that is taken. What it wrote down is undone by release().
  Connection prepare(const Wishes& wishes) const;
  // Makes it in the kernel. May run beside the container's creation, as long as that has not started its program.
  void build(const Connection& connection) const;
  // Idempotent; also for a container that never had any. With its namespace its links go; from one that others are in
  // (--network container:ID) they are taken.
  void release(const std::string& container) const;

  // A container that runs joins a network, or leaves it; `pid` is its init's.
  void connect(const Wishes& wishes, int pid) const;
  void disconnect(const std::string& network, const std::string& container, int pid) const;
  // A container that runs has another name from now on.
  void rename(const std::string& container, const std::string& name) const;

  std::vector<Endpoint> endpoints() const;
  std::vector<Place> places_of(const std::string& container) const;  // while it runs
  // Makes bridges, rules, sysctls and name service again as they should be.
  void reload() const;

 private:
  struct Held;
  std::optional<Held> hold(bool always) const;
  std::vector<Network> networks_of(const Wishes& wishes) const;
  std::filesystem::path table_file() const { return run_ / "network/endpoints.json"; }
  void give_ports(const std::vector<PortBinding>& ports, const std::string& container, EndpointTable& table) const;
  void apply(EndpointTable& table) const;
  void apply_rules(const std::map<std::string, Network>& networks, EndpointTable& table) const;
  void check_is_there(const Network& network) const;
  Network default_network() const;

  std::filesystem::path run_;
  std::string table_name_;
  NetworkStore networks_;
  NameService names_;
  Address nowhere_;       // where containers ask that are to find no names but each other's
  NameService no_names_;  // which answers there
};

}  // namespace davit::network
