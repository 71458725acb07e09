#include "network/allotment.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/strings.h"
#include "network/pools.h"

namespace davit::network {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kIdBytes = 32;

Address asked_address(const Network& network, const std::string& text, const std::set<Address>& taken) {
  const auto address = Address::parse(text);
  if (!address) throw Error::format(Code::kInvalidArgument, "invalid IP address: {}", base::printable(text));
  check_address(network, *address, taken);
  return *address;
}

std::optional<Address> allot_address(const Network& network, Family family, const std::string& asked,
                                     const std::set<Address>& taken) {
  if (!asked.empty()) return asked_address(network, asked, taken);
  const auto* pool = network.pool(family);
  if (pool == nullptr) return {};
  return free_address(network, *pool, taken);
}

MacAddress asked_mac(const std::string& text, const std::optional<Address>& v4) {
  if (text.empty()) return v4 ? MacAddress::of(*v4) : MacAddress::random();
  const auto mac = MacAddress::parse(text);
  if (!mac) throw Error::format(Code::kInvalidArgument, "invalid MAC address: {}", base::printable(text));
  return *mac;
}

// Whether a binding of another container is in the way: its address is the same, or one of them is all addresses.
bool clashes(const PortBinding& a, Protocol protocol, const Address& host, int port) {
  return a.protocol == protocol && a.host_port == port && a.host.family() == host.family() &&
         (a.host == host || a.host.is_any() || host.is_any());
}

std::string free_interface(const std::vector<Endpoint>& own) {
  for (int number = 0;; ++number) {
    auto name = "eth" + std::to_string(number);
    if (std::none_of(own.begin(), own.end(), [&](const Endpoint& one) { return one.interface == name; })) return name;
  }
}

// Names become words of the name server's file.
void check_aliases(const std::vector<std::string>& aliases) {
  for (const auto& alias : aliases) {
    const bool plain = !alias.empty() && std::all_of(alias.begin(), alias.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
    });
    if (!plain) {
      throw Error::format(Code::kInvalidArgument, "invalid network alias \"{}\": only [a-zA-Z0-9_.-] are allowed",
                          base::printable(alias));
    }
  }
}

}  // namespace

void check_wish(const Wish& wish) {
  const auto v4 = Address::parse(wish.ipv4);
  const auto v6 = Address::parse(wish.ipv6);
  const auto refuse = [](const char* what, const std::string& text) {
    throw Error::format(Code::kInvalidArgument, "invalid {} address: {}", what, base::printable(text));
  };
  if (!wish.ipv4.empty() && (!v4 || v4->is_v6())) refuse("IPv4", wish.ipv4);
  if (!wish.ipv6.empty() && (!v6 || !v6->is_v6())) refuse("IPv6", wish.ipv6);
  if (!wish.mac.empty() && !MacAddress::parse(wish.mac)) refuse("MAC", wish.mac);
  check_aliases(wish.aliases);
}

void check_addresses(const Network& network, const Wish& wish) {
  for (const auto* text : {&wish.ipv4, &wish.ipv6}) {
    if (!text->empty()) asked_address(network, *text, {});
  }
}

Endpoint allot(const Network& network, const Wish& wish, const Wishes& wishes, const EndpointTable& table,
               const std::vector<Endpoint>& own) {
  if (table.find(network.id, wishes.container) != nullptr) {
    throw Error::format(Code::kPermissionDenied, "endpoint with name {} already exists in network {}",
                        wishes.container_name, network.name);
  }
  check_aliases(wish.aliases);
  const auto taken = table.addresses_in(network.id);
  Endpoint endpoint = {.id = base::random_hex(kIdBytes),
                       .network = network.id,
                       .container = wishes.container,
                       .container_name = wishes.container_name,
                       .interface = free_interface(own),
                       .aliases = wish.aliases,
                       .servers = wishes.servers};
  endpoint.v4 = allot_address(network, Family::kV4, wish.ipv4, taken);
  endpoint.v6 = allot_address(network, Family::kV6, wish.ipv6, taken);
  endpoint.mac = asked_mac(wish.mac, endpoint.v4);
  if (network.driver == Driver::kBridge) endpoint.host_link = "dv" + endpoint.id.substr(0, 12);
  return endpoint;
}

void reserve(const PortWish& wish, const EndpointTable& table, Endpoint& endpoint,
             std::vector<PortReservation>& reservations) {
  std::vector<Address> hosts;
  if (!wish.host.empty()) {
    const auto host = Address::parse(wish.host);
    if (!host) throw Error::format(Code::kInvalidArgument, "invalid IP address: {}", base::printable(wish.host));
    hosts.push_back(*host);
  } else {
    hosts.push_back(Address::any(Family::kV4));
    if (endpoint.v6) hosts.push_back(Address::any(Family::kV6));
  }
  const auto try_port = [&](int port) {
    std::vector<PortReservation> taken;
    for (const auto& host : hosts) {
      for (const auto& other : table.endpoints) {
        for (const auto& binding : other.ports) {
          if (!clashes(binding, wish.protocol, host, port)) continue;
          throw Error::format(Code::kConflict, "Bind for {} failed: port is already allocated", host.with_port(port));
        }
      }
      taken.push_back(PortReservation::take(wish.protocol, host, port));
      port = taken.back().port();  // the second family gets the number that the kernel chose for the first
    }
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      endpoint.ports.push_back({wish.protocol, hosts[i], port, wish.container_port});
      reservations.push_back(std::move(taken[i]));
    }
  };
  for (int port = wish.first_host_port;; ++port) {
    try {
      return try_port(port);
    } catch (const Error& error) {
      if (error.code() != Code::kConflict || port >= wish.last_host_port) throw;
    }
  }
}

}  // namespace davit::network
