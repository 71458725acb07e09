// Networks and name service.

#include <set>

#include "base/strings.h"
#include "cli/flag_values.h"
#include "cli/run_flag_rows.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

runtime::NetworkMode network_of(const std::string& text) {
  if (text == "none") return runtime::NetworkMode::kNone;
  if (text == "host") return runtime::NetworkMode::kHost;
  if (text == "bridge" || text == "default" || text.starts_with("container:")) {
    throw base::Error::format(base::Code::kNotSupported,
                              "network {} is not supported by this version: use none or host", text);
  }
  throw base::Error::format(base::Code::kNotFound, "network {} not found", text);
}

void put_network(const Values& values, RunLine& line) {
  std::vector<std::string> names = values.arguments().list("network");
  for (const std::string& name : values.arguments().list("net")) names.push_back(name);
  std::set<std::string> seen;
  for (std::string& name : names) {
    constexpr std::string_view kLongForm = "name=";
    if (name.starts_with(kLongForm) && name.find(',') == std::string::npos) name.erase(0, kLongForm.size());
    if (name.empty()) throw ClientError("no name set for network");
    if (!seen.insert(name).second) throw ClientError(fmt::format("network \"{}\" is specified multiple times", name));
  }
  if (names.size() > 1)
    throw base::Error(base::Code::kInvalidArgument,
                      "Container cannot be connected to network endpoints: " + base::join(names, ", "));
  line.asked().network = network_of(names.front());
}

void put_extra_hosts(const Values& values, RunLine& line) {
  line.asked().names.extra_hosts = values.each_parsed(parse_extra_host);
  for (const std::string& host : line.asked().names.extra_hosts) {
    if (host.ends_with(":host-gateway"))
      throw base::Error::format(base::Code::kNotSupported,
                                "--add-host {}: there is no bridge network whose gateway it could be", host);
  }
}

void put_dns_options(const Values& values, RunLine& line) {
  for (const char* name : {"dns-option", "dns-opt"}) {
    if (values.arguments().given(name)) line.asked().names.options = values.arguments().list(name);
  }
}

}  // namespace

std::vector<RunFlag> network_flags() {
  const Flag network = {.name = "network",
                        .kind = kList,
                        .help = "Connect a container to a network",
                        .value_name = "network",
                        .values = "none host"};
  Flag net = network;
  net.name = "net";
  net.hidden = true;
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
      {.flag = net, .put = put_network},
      {.flag = network, .put = put_network},
  };
}

}  // namespace davit::cli
