#include "container/etc_files.h"

#include <algorithm>

#include "base/strings.h"

namespace davit::container {

namespace {

constexpr std::string_view kHosts =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n";

constexpr std::string_view kHostGateway = "host-gateway";

// A line of resolv.conf: its first word, and the others.
struct Line {
  std::string keyword;
  std::vector<std::string> values;
};

Line parse_line(std::string_view text) {
  Line line;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    (line.keyword.empty() ? line.keyword : line.values.emplace_back()) = word;
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '\t') {
      end_word();
    } else {
      word += c;
    }
  }
  end_word();
  return line;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

// What --dns… say in place of the host's lines, in docker's order.
std::string asked_lines(const NameService& names, const std::string& host_search, const std::string& host_servers,
                        const std::string& host_options) {
  std::string text;
  if (names.search.empty()) {
    text += host_search;
  } else if (names.search != std::vector<std::string>{"."}) {
    text += "search " + base::join(names.search, " ") + "\n";
  }
  if (names.servers.empty()) text += host_servers;
  for (const auto& server : names.servers) text += "nameserver " + server + "\n";
  if (names.options.empty()) {
    text += host_options;
  } else {
    text += "options " + base::join(names.options, " ") + "\n";
  }
  return text;
}

}  // namespace

std::string hosts_file(const Description& description, std::string_view host_file, const NetworkNames& names) {
  const bool shared = description.shares_host_network() && !host_file.empty();
  std::string text(shared ? host_file : kHosts);
  if (!text.ends_with('\n')) text += '\n';
  for (const auto& host : description.names.extra_hosts) {
    const auto colon = host.find(':');
    const auto address = host.substr(colon + 1);
    text += (address == kHostGateway ? names.host_gateway : address) + "\t" + host.substr(0, colon) + "\n";
  }
  return text + names.host_lines;
}

std::string own_host_lines(const Description& description, const std::string& hostname,
                           const std::vector<network::Place>& places) {
  auto names = hostname;
  if (!description.domainname.empty()) names = hostname + "." + description.domainname + " " + hostname;
  std::string text;
  for (const auto& [network, endpoint] : places) {
    for (const auto& address : {endpoint.v4, endpoint.v6}) {
      if (address) text += address->text() + "\t" + names + "\n";
    }
  }
  return text;
}

std::string resolv_conf(const Description& description, std::string_view host_file, const NetworkNames& of_networks) {
  const bool shared = description.shares_host_network();
  const auto& names = description.names;
  const bool asked = !names.servers.empty() || !names.search.empty() || !names.options.empty();
  if (shared && !asked) return std::string(host_file);
  std::string kept, search, servers, options;
  for (const auto& text : base::split(host_file, '\n')) {
    if (text.empty()) continue;
    const auto line = parse_line(text);
    if (!shared && line.keyword == "nameserver" && !line.values.empty() && is_loopback(line.values[0])) continue;
    kept += text + "\n";
    const std::string again = line.keyword + " " + base::join(line.values, " ") + "\n";
    if (line.keyword == "search") search = again;  // the last one counts
    if (line.keyword == "nameserver") servers += again;
    if (line.keyword == "options") options += again;
  }
  if (of_networks.servers.empty()) return asked ? asked_lines(names, search, servers, options) : kept;
  auto asking = names;
  asking.servers = of_networks.servers;
  if (asking.options.empty() && options.empty()) asking.options = {"ndots:0"};
  return asked_lines(asking, search, servers, options);
}

bool names_a_server(std::string_view resolv_conf) {
  const auto lines = base::split(resolv_conf, '\n');
  return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    const auto parsed = parse_line(line);
    return parsed.keyword == "nameserver" && !parsed.values.empty();
  });
}

}  // namespace davit::container
