#include "container/network_use.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/fs/file.h"
#include "container/check_settings.h"
#include "container/held_container.h"
#include "container/make_spec.h"
#include "container/network_names.h"

namespace davit::container {

using base::Code;
using base::Error;

namespace {

bool means(const network::Wish& wish, const network::Network& network) {
  return wish.network == network.name || (!wish.network.empty() && network.id.starts_with(wish.network));
}

void check_joinable(const Description& description, const network::Network& network) {
  if (description.shares_host_network() || network.driver == network::Driver::kHost) {
    throw Error(Code::kPermissionDenied,
                "container cannot be disconnected from host network or connected to host network");
  }
  if (description.network == "none" || network.driver == network::Driver::kNull) {
    throw Error(Code::kPermissionDenied,
                "container cannot be connected to multiple networks with one of the networks in private (none) mode");
  }
  if (!description.joins_networks()) {
    throw Error(Code::kPermissionDenied,
                "container sharing network namespace with another container or host cannot be connected to any other "
                "network");
  }
}

// Its /etc/hosts and /etc/resolv.conf follow, where it has not changed them itself.
class EtcUpdate {
 public:
  explicit EtcUpdate(HeldContainer& held) : held_(held), before_(texts()) {}

  void write() const {
    const auto after = texts();
    for (const auto& [name, text] : after) {
      const auto file = held_.folder() / name;
      if (text == before_.at(name) || base::fs::read_file_if_exists(file) != before_.at(name)) continue;
      // In place: the file is mounted in the container.
      base::fs::File::open(file, {.access = base::fs::Access::kWrite, .truncate = true})
          .write(base::as_byte_view(text));
    }
  }

 private:
  std::map<std::string, std::string> texts() const {
    auto& store = held_.store();
    return etc_files(held_.record().description,
                     network_names(store, held_.record(), store.networks().places_of(held_.record().id)));
  }

  HeldContainer& held_;
  std::map<std::string, std::string> before_;
};

// A container that does not run is told once more.
void merge(const network::Wish& wish, network::Wish& there) {
  if (!wish.aliases.empty()) there.aliases = wish.aliases;
  if (!wish.ipv4.empty()) there.ipv4 = wish.ipv4;
  if (!wish.ipv6.empty()) there.ipv6 = wish.ipv6;
}

bool default_bridge_addressed(const network::Network& network, const network::Wish& wish) {
  return (!wish.ipv4.empty() || !wish.ipv6.empty()) && network.name == network::kDefaultNetwork;
}

}  // namespace

std::set<std::string> networks_in_use(ContainerStore& store) {
  std::set<std::string> used;
  for (const auto& record : store.records()) {
    for (const auto& wish : record.description.networks) {
      if (const auto network = store.networks().networks().find(wish.network)) used.insert(network->id);
    }
  }
  return used;
}

void connect_network(ContainerStore& store, const std::string& container, const network::Network& network,
                     const network::Wish& wish) {
  auto held = store.hold(store.get(container).id());
  auto& description = held.description();
  check_joinable(description, network);
  if (default_bridge_addressed(network, wish))
    throw Error(Code::kInvalidArgument, "user specified IP address is supported on user defined networks only");
  network::check_wish(wish);
  network::check_addresses(network, wish);
  if (held.running()) {
    const EtcUpdate files(held);
    store.networks().connect({.container = held.record().id,
                              .container_name = description.name,
                              .networks = {wish},
                              .servers = description.names.servers},
                             held.state().init->pid);
    files.write();
  }
  auto& wishes = description.networks;
  const auto there = std::find_if(wishes.begin(), wishes.end(), [&](const auto& one) { return means(one, network); });
  if (there == wishes.end()) {
    wishes.push_back(wish);
  } else {
    merge(wish, *there);
  }
  held.save_record();
}

void disconnect_network(ContainerStore& store, const std::string& container, const network::Network& network) {
  auto held = store.hold(store.get(container).id());
  auto& wishes = held.description().networks;
  const auto there = std::find_if(wishes.begin(), wishes.end(), [&](const auto& one) { return means(one, network); });
  if (there == wishes.end()) {
    throw Error::format(Code::kPermissionDenied, "container {} is not connected to network {}", held.record().id,
                        network.name);
  }
  if (held.running()) {
    const EtcUpdate files(held);
    store.networks().disconnect(network.id, held.record().id, held.state().init->pid);
    files.write();
  }
  wishes.erase(there);
  held.save_record();
}

}  // namespace davit::container
