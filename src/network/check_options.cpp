#include "network/check_options.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "base/strings.h"
#include "network/links.h"

namespace davit::network {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kLongestLink = 15;                            // IFNAMSIZ without its end
constexpr int kLeastMtu = 68, kLeastMtu6 = 1280, kMostMtu = 65535;  // RFC 791, RFC 8200, the kernel's
constexpr std::array kMacvlanModes = {"bridge", "private", "vepa", "passthru"};

void check_bridge_name(const Network& network, const std::vector<Network>& others) {
  const auto name = network.bridge();
  // What nft takes for itself in a name, and what the kernel does.
  const bool plain =
      !name.empty() && name != "." && name != ".." && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
      });
  if (!plain || name.size() > kLongestLink) {
    throw Error::format(Code::kInvalidArgument, "invalid bridge name: \"{}\"", base::printable(name));
  }
  for (const auto& other : others) {
    if (other.driver == Driver::kBridge && other.bridge() == name) {
      throw Error::format(
          Code::kPermissionDenied,
          "cannot create network {} ({}): conflicts with network {} ({}): networks have same bridge name", network.id,
          name, other.id, name);
    }
  }
}

[[noreturn]] void fail_to_parse(const char* option, const std::string& text, const std::string& cause) {
  throw Error::format(Code::kInvalidArgument, "failed to parse {} value: {} ({})", option, base::printable(text),
                      cause);
}

void check_values(const Network& network) {
  const auto syntax = [](const char* function, const std::string& text) {
    return fmt::format("strconv.{}: parsing \"{}\": invalid syntax", function, base::printable(text));
  };
  for (const char* option : {kTalkative, kMasquerade}) {
    const auto text = network.option(option, "true");
    if (!base::parse_bool(text)) fail_to_parse(option, text, syntax("ParseBool", text));
  }
  const auto address = network.option(kBindingAddress, "0.0.0.0");
  if (!Address::parse(address)) fail_to_parse(kBindingAddress, address, "nil ip");
  const auto mtu = network.option(kMtu, "0");
  const bool number = !mtu.empty() && mtu.size() < 6 &&
                      std::all_of(mtu.begin(), mtu.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!number) fail_to_parse(kMtu, mtu, syntax("Atoi", mtu));
}

// That the kernel has such links is tried with one in a namespace that ends with this.
void check_sublink(const Network& network) {
  const std::string kind = name(network.driver);
  const auto mode = network.mode();
  const bool known = network.driver == Driver::kMacvlan
                         ? std::find(kMacvlanModes.begin(), kMacvlanModes.end(), mode) != kMacvlanModes.end()
                         : mode == "l2";
  if (!known) {
    throw Error::format(Code::kInvalidArgument,
                        "requested {} mode '{}' is not valid, '{}' mode is the {} driver default", kind,
                        base::printable(mode), kind == "macvlan" ? "bridge" : "l2", kind);
  }
  if (network.parent().empty()) {
    throw Error::format(Code::kInvalidArgument,
                        "a {} network needs the link of this host that it is over: -o parent=LINK", kind);
  }
  if (!Links::here().find(network.parent())) {
    throw Error::format(Code::kNotFound, "invalid subinterface vlan name {}, there is no such link on this host",
                        base::printable(network.parent()));
  }
  try {
    Links::here().add_sublink({.kind = kind, .parent = network.parent(), .name = "probe", .mode = mode},
                              Namespace::create());
  } catch (const Error& error) {
    throw Error::format(error.code(), "network driver {}: {}", kind, error.message());
  }
}

}  // namespace

Driver driver_of(const std::string& text) {
  const auto driver = find_driver(text);
  if (!driver) throw Error::format(Code::kNotFound, "plugin \"{}\" not found", base::printable(text));
  if (*driver == Driver::kHost || *driver == Driver::kNull)
    throw Error::format(Code::kPermissionDenied, "only one instance of \"{}\" network is allowed", text);
  return *driver;
}

void check_options(const Network& network, const std::vector<Network>& others) {
  if (network.driver == Driver::kBridge) check_bridge_name(network, others);
  if (network.is_sublink()) check_sublink(network);
  check_values(network);
}

void check_mtu(const Network& network) {
  const int mtu = network.mtu();
  const int least = network.pool(Family::kV6) != nullptr ? kLeastMtu6 : kLeastMtu;
  if (mtu != 0 && (mtu < least || mtu > kMostMtu)) {
    throw Error::format(Code::kInvalidArgument, "invalid MTU {}: this network's links can have {} to {}", mtu, least,
                        kMostMtu);
  }
}

}  // namespace davit::network
