// The rows of the command table for networks.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> network_commands() {
  const auto text = [](std::string_view name, std::string_view help) {
    return Flag{.name = name, .kind = kString, .help = help};
  };
  const auto list = [](std::string_view name, std::string_view help, std::string_view value_name = "strings") {
    return Flag{.name = name, .kind = kList, .help = help, .value_name = value_name};
  };
  const auto map = [](std::string_view name, char letter, std::string_view help) {
    return Flag{
        .name = name, .letter = letter, .kind = kList, .help = help, .default_text = "map[]", .value_name = "map"};
  };
  return {
      {.name = "network connect",
       .arguments = "[OPTIONS] NETWORK CONTAINER",
       .summary = "Connect a container to a network",
       .flags = {list("alias", "Add network-scoped alias for the container"),
                 text("ip", "IPv4 address (e.g., \"172.30.100.104\")"),
                 text("ip6", "IPv6 address (e.g., \"2001:db8::33\")"),
                 list("driver-opt", "Driver options for the network"),
                 {.name = "gw-priority", .kind = kInt, .help = "Highest gw-priority provides the default gateway"},
                 list("link", "Add link to another container", "list"),
                 list("link-local-ip", "Add a link-local address for the container")},
       .least = 2,
       .most = 2,
       .handler = run_network_connect},
      {.name = "network create",
       .arguments = "[OPTIONS] NETWORK",
       .summary = "Create a network",
       .flags =
           {{.name = "attachable", .help = "Enable manual container attachment"},
            map("aux-address", 0, "Auxiliary IPv4 or IPv6 addresses used by Network driver"),
            {.name = "driver",
             .letter = 'd',
             .kind = kString,
             .help = "Driver to manage the Network",
             .default_text = "bridge",
             .values = "bridge ipvlan macvlan"},
            text("config-from", "The network from which to copy the configuration"),
            {.name = "config-only", .help = "Create a configuration only network"},
            list("gateway", "IPv4 or IPv6 Gateway for the master subnet"),
            {.name = "ingress", .help = "Create swarm routing-mesh network"},
            {.name = "internal", .help = "Restrict external access to the network"},
            list("ip-range", "Allocate container ip from a sub-range"),
            {.name = "ipam-driver", .kind = kString, .help = "IP Address Management Driver", .default_text = "default"},
            map("ipam-opt", 0, "Set IPAM driver specific options"),
            {.name = "ipv4", .help = "Enable or disable IPv4 address assignment", .default_text = "true"},
            {.name = "ipv6", .help = "Enable or disable IPv6 address assignment"},
            {.name = "label", .kind = kList, .help = "Set metadata on a network"},
            map("opt", 'o', "Set driver specific options"),
            text("scope", "Control the network's scope"),
            list("subnet", "Subnet in CIDR format that represents a network segment")},
       .least = 1,
       .most = 1,
       .handler = run_network_create},
      {.name = "network disconnect",
       .arguments = "[OPTIONS] NETWORK CONTAINER",
       .summary = "Disconnect a container from a network",
       .flags = {{.name = "force", .letter = 'f', .help = "Force the container to disconnect from a network"}},
       .least = 2,
       .most = 2,
       .handler = run_network_disconnect},
      {.name = "network inspect",
       .arguments = "[OPTIONS] NETWORK [NETWORK...]",
       .summary = "Display detailed information on one or more networks",
       .flags = {kInspectFormat, {.name = "verbose", .letter = 'v', .help = "Verbose output for diagnostics"}},
       .least = 1,
       .handler = run_network_inspect},
      {.name = "network ls",
       .arguments = "[OPTIONS]",
       .summary = "List networks",
       .flags = {kFilter, kFormat, kNoTrunc, {.name = "quiet", .letter = 'q', .help = "Only display network IDs"}},
       .most = 0,
       .handler = run_network_ls,
       .aliases = {"network list"}},
      {.name = "network prune",
       .arguments = "[OPTIONS]",
       .summary = "Remove all unused networks",
       .flags = {kPruneFilter, kPruneForce},
       .most = 0,
       .handler = run_network_prune},
      {.name = "network reload",
       .arguments = "",
       .summary = "Make bridges, rules and settings of the host again where they were flushed",
       .most = 0,
       .handler = run_network_reload},
      {.name = "network rm",
       .arguments = "NETWORK [NETWORK...]",
       .summary = "Remove one or more networks",
       .flags = {{.name = "force", .letter = 'f', .help = "Do not error if the network does not exist"}},
       .least = 1,
       .handler = run_network_rm,
       .aliases = {"network remove"}},
  };
}

}  // namespace davit::cli
