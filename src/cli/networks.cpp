// network create, ls, rm, prune, connect, disconnect, reload. (network inspect is with the other inspect commands.)

#include <algorithm>
#include <array>
#include <set>

#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/flag_values.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "container/network_use.h"

namespace davit::cli {

namespace {

using Texts = std::map<std::string, std::string>;

// "key=value" each.
Texts texts_of(const std::vector<std::string>& words) {
  Texts texts;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    texts[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return texts;
}

bool has_part(const std::vector<std::string>& parts, const std::string& text) {
  return parts.empty() || std::any_of(parts.begin(), parts.end(),
                                      [&](const std::string& part) { return text.find(part) != std::string::npos; });
}

bool is_one_of(const std::vector<std::string>& words, const std::string& text) {
  return words.empty() || std::find(words.begin(), words.end(), text) != words.end();
}

void check_values(const operations::Filters& filters) {
  for (const auto& value : filters.values("dangling")) {
    if (value != "true" && value != "1" && value != "false" && value != "0") {
      throw base::Error(base::Code::kInvalidArgument,
                        "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")");
    }
  }
  for (const auto& type : filters.values("type")) {
    if (type != "custom" && type != "builtin")
      throw base::Error::format(base::Code::kInvalidArgument, "invalid filter: 'type'='{}'", base::printable(type));
  }
}

bool matches(const operations::Filters& filters, const network::Network& network, bool used) {
  const auto dangling = filters.boolean("dangling");
  if (dangling && *dangling == (used || network.built_in)) return false;
  return is_one_of(filters.values("driver"), network::name(network.driver)) &&
         has_part(filters.values("name"), network.name) && has_part(filters.values("id"), network.id) &&
         is_one_of(filters.values("scope"), "local") &&
         is_one_of(filters.values("type"), network.built_in ? "builtin" : "custom") &&
         filters.labels_match(network.labels);
}

const char* word(bool value) { return value ? "true" : "false"; }

boost::json::object row_of(const network::Network& network, bool full) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : network.labels) labels.push_back(key + "=" + value);
  const auto created = base::parse_rfc3339(network.created);
  return {{"CreatedAt", created ? go_time(*created) : ""},
          {"Driver", network::name(network.driver)},
          {"ID", full ? network.id : network.id.substr(0, 12)},
          {"IPv4", word(network.pool(network::Family::kV4) != nullptr)},
          {"IPv6", word(network.ipv6)},
          {"Internal", word(network.internal)},
          {"Labels", base::join(labels, ",")},
          {"Name", network.name},
          {"Scope", "local"}};
}

struct Refused {
  const char* flag;
  const char* why;
};
constexpr std::array kRefusedOfCreate = {Refused{"config-from", "davit has no networks that are configuration only"},
                                         Refused{"config-only", "davit has no networks that are configuration only"},
                                         Refused{"ingress", "it is of a swarm, and davit is of one host"},
                                         Refused{"ipam-opt", "the choice of addresses has no options"}};
constexpr std::array kRefusedOfConnect = {
    Refused{"driver-opt", "the drivers have no options for one container"},
    Refused{"gw-priority", "the first network that a container was connected to has its default route"},
    Refused{"link", "containers of a network find each other by name; --alias gives more of them"},
    Refused{"link-local-ip", "a bridge gives each container one address of each family: --ip, --ip6"}};

template <typename Rows>
void refuse_flags(const Arguments& arguments, const Rows& rows) {
  for (const Refused& row : rows) {
    if (arguments.given(row.flag))
      throw ClientError(fmt::format("--{} is not supported: {}", row.flag, row.why), base::Code::kNotSupported);
  }
}

std::set<std::string> used_networks(const network::Fabric& fabric) {
  std::set<std::string> used;
  for (const auto& endpoint : fabric.endpoints()) used.insert(endpoint.network);
  return used;
}

}  // namespace

int run_network_create(Context& context, const Arguments& arguments) {
  refuse_flags(arguments, kRefusedOfCreate);
  const auto addresses = arguments.text("ipam-driver");
  if (addresses != "default")
    throw base::Error::format(base::Code::kNotFound, "could not find IPAM driver {}", base::printable(addresses));
  if (arguments.text("scope") == "swarm")
    throw base::Error(base::Code::kNotSupported, "cannot create a swarm scoped network when swarm is not active");
  const network::NetworkOptions options = {.name = arguments.positional()[0],
                                           .driver = arguments.text("driver"),
                                           .subnets = arguments.list("subnet"),
                                           .gateways = arguments.list("gateway"),
                                           .ranges = arguments.list("ip-range"),
                                           .reserved = texts_of(arguments.list("aux-address")),
                                           .internal = arguments.flag("internal"),
                                           .ipv4 = arguments.flag("ipv4"),
                                           .ipv6 = arguments.flag("ipv6"),
                                           .attachable = arguments.flag("attachable"),
                                           .options = texts_of(arguments.list("opt")),
                                           .labels = texts_of(arguments.list("label"))};
  if (options.name.empty()) throw ClientError("network name cannot be empty");
  try {
    network::check_pools(options);  // as docker's client does
  } catch (const base::Error& error) {
    throw ClientError(error.message());
  }
  print_line(context.networks().create(options).id);
  return 0;
}

int run_network_ls(Context& context, const Arguments& arguments) {
  const operations::Filters filters = filters_of(arguments);
  Listing::Shape shape = {
      .type = "*network.networkContext",
      .columns = {{"CreatedAt", "CREATED AT"},
                  {"Driver", "DRIVER"},
                  {"ID", "NETWORK ID"},
                  {"IPv4", "IPV4"},
                  {"IPv6", "IPV6"},
                  {"Internal", "INTERNAL"},
                  {"Labels", "LABELS"},
                  {"Name", "NAME"},
                  {"Scope", "SCOPE"}},
      .table = "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
      .labels = true,
      .raw = arguments.flag("quiet") ? "network_id: {{.ID}}"
                                     : "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
      .configured = {},
  };
  if (arguments.text("format").empty() && !arguments.flag("quiet"))
    shape.configured = configured_format(context, "networksFormat");
  Listing listing(std::move(shape), arguments);
  filters.allow_only({"dangling", "driver", "id", "label", "name", "scope", "type"});
  check_values(filters);
  const auto used = used_networks(context.networks());
  for (const auto& network : context.networks().list()) {
    if (matches(filters, network, used.contains(network.id)))
      listing.add(row_of(network, listing.full()), network.labels);
  }
  listing.print();
  return 0;
}

int run_network_rm(Context& context, const Arguments& arguments) {
  const bool force = arguments.flag("force");
  bool failed = false;
  for (const std::string& name : arguments.positional()) {
    try {
      context.networks().remove(name);
      print_line(name);
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      if (force && error.code() == base::Code::kNotFound) continue;
      print_daemon_error(error, context.debug());
      failed = true;
    }
  }
  if (failed) print_error("exit status 1");
  return failed ? 1 : 0;
}

int run_network_prune(Context& context, const Arguments& arguments) {
  const operations::Filters filters = filters_of(arguments);
  if (!arguments.flag("force") &&
      !confirm("WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you "
               "want to continue?")) {
    print_line("");
    return 0;
  }
  filters.allow_only({"label", "label!", "until"});
  const auto until = filters.until(base::now());
  const auto users = container::networks_in_use(context.containers());
  bool first = true;
  for (const auto& network : context.networks().list()) {
    const auto created = base::parse_rfc3339(network.created);
    if (network.built_in || users.contains(network.id) || (until && created && *created > *until) ||
        !filters.labels_match(network.labels))
      continue;
    context.networks().remove(network.id);
    if (first) print_line("Deleted Networks:");
    first = false;
    print_line(network.name);
  }
  if (!first) print_line("");
  return 0;
}

int run_network_connect(Context& context, const Arguments& arguments) {
  refuse_flags(arguments, kRefusedOfConnect);
  const auto network = context.networks().get(arguments.positional()[0]);
  container::connect_network(context.containers(), arguments.positional()[1], network,
                             {.network = network.name,
                              .aliases = arguments.list("alias"),
                              .ipv4 = arguments.text("ip"),
                              .ipv6 = arguments.text("ip6")});
  return 0;
}

int run_network_disconnect(Context& context, const Arguments& arguments) {
  const auto network = context.networks().get(arguments.positional()[0]);
  const auto& container = arguments.positional()[1];
  if (arguments.flag("force") && !context.containers().find(container))
    throw base::Error::format(base::Code::kNotFound, "endpoint {} not found", base::printable(container));
  container::disconnect_network(context.containers(), container, network);
  return 0;
}

int run_network_reload(Context& context, const Arguments&) {
  context.networks().reload();
  return 0;
}

}  // namespace davit::cli
