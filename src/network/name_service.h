#pragma once
// Names of containers, on networks that users made: one aardvark-dns for all of a store's, which answers at the
// gateways of their bridges and asks the host's name servers for what it does not know. For containers that are in
// internal networks alone it asks another one, which asks nobody: their questions would carry data out. It reads a file
// for each network below RUN/network/names (no-names); docs/formats/networks.md. Whoever calls holds the endpoint
// table's lock.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "network/address.h"

namespace davit::network {

// What stands for a container in one network.
struct NamedPlace {
  std::string container;  // its ID
  std::optional<Address> v4, v6;
  std::vector<std::string> names;
  std::vector<std::string> servers;  // --dns: asked in place of the host's
};

// Containers that find each other.
struct Zone {
  std::string network;            // its ID
  std::vector<Address> gateways;  // where it is answered
  std::vector<NamedPlace> places;
};

// As aardvark-dns reads it.
std::string zone_text(const Zone& zone);

class NameService {
 public:
  enum class Reach { kZones, kWorld };  // what it answers for
  // `adopt` takes a process out of the caller's control group, so that it outlives whoever called davit.
  NameService(std::filesystem::path folder, Reach reach, std::function<void(int pid)> adopt)
      : folder_(std::move(folder)), reach_(reach), adopt_(std::move(adopt)) {}

  // Whether this host has the program.
  static bool available();

  // From now on these, and no others. The server is started when the first one comes, told when they change, ended with
  // the last, and started again when it has ended; it answers for new ones when this returns, or a warning is logged.
  // Without the program nothing is done.
  void apply(const std::vector<Zone>& zones) const;

 private:
  bool write(const std::vector<Zone>& zones) const;
  std::optional<base::ProcessIdentity> server() const;
  void start() const;

  std::filesystem::path folder_;
  Reach reach_;
  std::function<void(int)> adopt_;
};

}  // namespace davit::network
