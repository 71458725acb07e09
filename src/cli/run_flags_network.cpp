// Networks and name service.

#include <algorithm>

#include "base/strings.h"
#include "cli/csv_fields.h"
#include "cli/flag_values.h"
#include "cli/run_flag_rows.h"
#include "container/check_settings.h"
#include "container/network_names.h"
#include "network/port_text.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

// What docker's client parses itself.
template <typename Parse>
auto parsed_by_client(const Parse& parse) {
  try {
    return parse();
  } catch (const base::Error& error) {
    throw ClientError(error.message());
  }
}

// Modes that are no networks to be in.
bool is_mode(const std::string& text) { return text == "none" || text == "host" || text.starts_with("container:"); }

// Of --network name=NAME,alias=A,ip=…: the long form.
network::Wish parse_long_form(const std::string& text) {
  network::Wish wish;
  for (const std::string& field : csv_fields(text)) {
    const auto equals = field.find('=');
    const auto key = base::to_lower(field.substr(0, equals));
    if (equals == std::string::npos) throw ClientError("invalid key/value pair format in driver options");
    const auto value = field.substr(equals + 1);
    if (key == "name") {
      wish.network = value;
    } else if (key == "alias") {
      wish.aliases.push_back(value);
    } else if (key == "ip") {
      wish.ipv4 = value;
    } else if (key == "ip6") {
      wish.ipv6 = value;
    } else if (key == "mac-address") {
      wish.mac = value;
    } else {
      throw ClientError(fmt::format("invalid field key {}", base::printable(key)));
    }
  }
  if (wish.network.empty()) throw ClientError("network name or ID is required");
  return wish;
}

network::Wish parse_network(const std::string& text) {
  auto wish = text.find('=') == std::string::npos ? network::Wish{.network = text} : parse_long_form(text);
  if (wish.network == "default") wish.network = network::kDefaultNetwork;
  return wish;
}

std::vector<network::Wish> asked_networks(const Arguments& arguments) {
  std::vector<std::string> texts = arguments.list("network");
  for (const std::string& text : arguments.list("net")) texts.push_back(text);
  if (texts.empty()) texts = {network::kDefaultNetwork};
  if (std::find(texts.begin(), texts.end(), "") != texts.end()) throw ClientError("no name set for network");
  std::vector<network::Wish> wishes;
  for (const std::string& text : texts) {
    auto wish = parse_network(text);
    for (const auto& other : wishes) {
      if (other.network == wish.network)
        throw ClientError(fmt::format("network \"{}\" is specified multiple times", wish.network));
    }
    wishes.push_back(std::move(wish));
  }
  for (const auto& wish : wishes) {
    if (!is_mode(wish.network) || wishes.size() == 1) continue;
    throw ClientError("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
  }
  return wishes;
}

// --ip, --mac-address … are of the first network.
void put_addresses(const Arguments& arguments, network::Wish& wish) {
  if (arguments.given("ip")) wish.ipv4 = arguments.text("ip");
  if (arguments.given("ip6")) wish.ipv6 = arguments.text("ip6");
  if (arguments.given("mac-address")) wish.mac = arguments.text("mac-address");
  if (!wish.mac.empty() && !network::MacAddress::parse(wish.mac))
    throw ClientError(fmt::format("{} is not a valid mac address", base::printable(wish.mac)));
  for (const char* name : {"network-alias", "net-alias"}) {
    for (const auto& alias : arguments.list(name)) wish.aliases.push_back(alias);
  }
  const bool user_network = wish.network != network::kDefaultNetwork && !is_mode(wish.network);
  if (user_network) return;
  if (!wish.ipv4.empty() || !wish.ipv6.empty()) {
    network::check_wish(wish);
    throw base::Error(base::Code::kInvalidArgument,
                      "user specified IP address is supported on user defined networks only");
  }
  if (!wish.aliases.empty()) throw ClientError("network-scoped aliases are only supported for user-defined networks");
}

void expose(const std::string& port, RunLine& line) {
  auto& exposed = line.asked().exposed_ports;
  if (std::find(exposed.begin(), exposed.end(), port) == exposed.end()) exposed.push_back(port);
}

void put_ports(const Values& values, RunLine& line) {
  for (const auto& text : values.list()) {
    for (auto& wish : parsed_by_client([&] { return network::parse_published_port(text); })) {
      expose(fmt::format("{}/{}", wish.container_port, network::name(wish.protocol)), line);
      line.asked().ports.push_back(std::move(wish));
    }
  }
}

void put_exposed(const Values& values, RunLine& line) {
  for (const auto& text : values.list()) {
    for (auto& port : parsed_by_client([&] { return network::parse_exposed_ports(text); })) expose(port, line);
  }
}

void put_extra_hosts(const Values& values, RunLine& line) {
  line.asked().names.extra_hosts = values.each_parsed(parse_extra_host);
}

void put_links(const Values& values, RunLine& line) {
  for (const auto& text : values.list())
    line.asked().links.push_back(parsed_by_client([&] { return container::parse_link(text); }));
}

void put_dns_options(const Values& values, RunLine& line) {
  for (const char* name : {"dns-option", "dns-opt"}) {
    if (values.arguments().given(name)) line.asked().names.options = values.arguments().list(name);
  }
}

// By put_networks(), all together.
void put_later(const Values&, RunLine&) {}

// So too; what is no network at all is told here.
void check_networks(const Values& values, RunLine&) { values.each_parsed(parse_network); }

}  // namespace

void put_networks(const Arguments& arguments, RunLine& line) {
  auto wishes = asked_networks(arguments);
  put_addresses(arguments, wishes.front());
  auto& asked = line.asked();
  asked.network = wishes.front().network;
  if (!is_mode(asked.network)) asked.networks = std::move(wishes);
}

std::vector<RunFlag> network_flags() {
  const Flag network = {.name = "network",
                        .kind = kList,
                        .help = "Connect a container to a network",
                        .value_name = "network",
                        .values = "bridge none host"};
  Flag net = network;
  net.name = "net";
  net.hidden = true;
  const Flag network_alias = {
      .name = "network-alias", .kind = kList, .help = "Add network-scoped alias for the container"};
  Flag net_alias = network_alias;
  net_alias.name = "net-alias";
  net_alias.hidden = true;
  const Flag dns_option = {.name = "dns-option", .kind = kList, .help = "Set DNS options"};
  Flag dns_opt = dns_option;
  dns_opt.name = "dns-opt";
  dns_opt.hidden = true;
  return {
      {.flag = {.name = "add-host", .kind = kList, .help = "Add a custom host-to-IP mapping (host:ip)"},
       .put = put_extra_hosts},
      {.flag = {.name = "dns", .kind = kList, .help = "Set custom DNS servers"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().names.servers = values.each_parsed(parse_address); }},
      {.flag = dns_opt, .put = put_dns_options},
      {.flag = dns_option, .put = put_dns_options},
      {.flag = {.name = "dns-search", .kind = kList, .help = "Set custom DNS search domains"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().names.search = values.each_parsed(parse_domain); }},
      {.flag = {.name = "domainname", .kind = kString, .help = "Container NIS domain name"},
       .put = [](const Values& values, RunLine& line) { line.asked().domainname = values.text(); }},
      {.flag = {.name = "expose", .kind = kList, .help = "Expose a port or a range of ports"}, .put = put_exposed},
      {.flag = {.name = "ip", .kind = kString, .help = "IPv4 address (e.g., 172.30.100.104)"}, .put = put_later},
      {.flag = {.name = "ip6", .kind = kString, .help = "IPv6 address (e.g., 2001:db8::33)"}, .put = put_later},
      {.flag = {.name = "link", .kind = kList, .help = "Add link to another container"}, .put = put_links},
      {.flag = {.name = "mac-address", .kind = kString, .help = "Container MAC address (e.g., 92:d0:c6:0a:29:33)"},
       .put = put_later},
      {.flag = net, .put = check_networks},
      {.flag = net_alias, .put = put_later},
      {.flag = network, .put = check_networks},
      {.flag = network_alias, .put = put_later},
      {.flag = {.name = "publish", .letter = 'p', .kind = kList, .help = "Publish a container's port(s) to the host"},
       .put = put_ports},
      {.flag = {.name = "publish-all", .letter = 'P', .help = "Publish all exposed ports to random ports"},
       .put = [](const Values& values, RunLine& line) { line.asked().publish_all = values.flag(); }},
  };
}

}  // namespace davit::cli
