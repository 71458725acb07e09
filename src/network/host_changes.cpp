#include "network/host_changes.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "network/links.h"
#include "network/nftables.h"

namespace davit::network {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

const std::filesystem::path kSysctls = "/proc/sys";
constexpr const char* kForwarding = "net/ipv4/ip_forward";
constexpr const char* kForwarding6 = "net/ipv6/conf/all/forwarding";
constexpr std::string_view kOwnLink = "dv";         // of any store: bridges "dv-…", ends of containers' links
constexpr std::string_view kOwnTable = "davit-";    // likewise
constexpr std::string_view kHandle = " # handle ";  // in a listing: `table inet davit-x { # handle 5`

// A setting of the kernel's, and what it is to be where it is `from`.
struct Sysctl {
  std::string name;
  std::string from, to;
};

std::string value_of(const std::string& name) {
  return std::string(base::trim(fs::read_file_if_exists(kSysctls / name).value_or("")));
}

bool is_forwarding(const std::string& name) { return name == kForwarding || name == kForwarding6; }
bool is_accept_ra(const std::string& name) { return name.ends_with("/accept_ra"); }

std::string accept_ra_of(const std::string& link) { return "net/ipv6/conf/" + link + "/accept_ra"; }

// Links that are of no store of davit's.
std::vector<std::string> links_of_others(const std::vector<std::string>& own_bridges) {
  auto names = Links::here().names();
  std::erase_if(names, [&](const std::string& name) {
    return name == "lo" || name.starts_with(kOwnLink) ||
           std::find(own_bridges.begin(), own_bridges.end(), name) != own_bridges.end();
  });
  return names;
}

// A host that forwards takes no advertisements, unless it is told to.
void add_accept_ra(const HostChanges& changes, std::vector<Sysctl>& needed) {
  if (value_of(kForwarding6) == "0") {
    for (const auto& link : Links::here().advertised()) needed.push_back({accept_ra_of(link), "1", "2"});
  }
  for (const auto& [name, before] : changes.sysctls) {
    if (is_accept_ra(name)) needed.push_back({name, before, "2"});
  }
}

std::vector<Sysctl> needed_sysctls(const Ruleset& rules, const HostChanges& changes) {
  std::vector<Sysctl> needed = {{kForwarding, "0", "1"}};
  bool v6 = false;
  for (const auto& bridge : rules.bridges) {
    v6 = v6 || std::any_of(bridge.subnets.begin(), bridge.subnets.end(),
                           [](const Subnet& subnet) { return subnet.family() == Family::kV6; });
    if (answers_on_loopback(bridge, rules.ports))
      needed.push_back({"net/ipv4/conf/" + bridge.bridge + "/route_localnet", "0", "1"});
  }
  if (v6) {
    add_accept_ra(changes, needed);
    needed.push_back({kForwarding6, "0", "1"});
  }
  return needed;
}

// Whether somebody may have come to need what we turned on for ourselves.
bool others_need_forwarding(const std::string& table, const std::vector<std::string>& own_bridges,
                            const HostChanges& changes) {
  for (const auto& line : base::split(run_nft("list tables"), '\n')) {
    const auto name = line.substr(line.rfind(' ') + 1);
    if (name.starts_with(kOwnTable) && name != table) return true;
  }
  const auto links = links_of_others(own_bridges);
  return std::any_of(links.begin(), links.end(), [&](const std::string& link) {
    return std::find(changes.links.begin(), changes.links.end(), link) == changes.links.end();
  });
}

void take_back(const std::string& name, const std::string& before) {
  // A link that went has taken its settings with it.
  if (fs::exists(kSysctls / name)) fs::write_control_file(kSysctls / name, before);
}

// The settings that are not needed any more.
void take_back_sysctls(const std::string& table, const std::vector<std::string>& own_bridges,
                       const std::vector<Sysctl>& needed, HostChanges& changes) {
  const auto is_needed = [&](const std::string& name) {
    return std::any_of(needed.begin(), needed.end(), [&](const Sysctl& sysctl) { return sysctl.name == name; });
  };
  for (auto at = changes.sysctls.begin(); at != changes.sysctls.end();) {
    const auto& [name, before] = *at;
    if (is_needed(name)) {
      ++at;
      continue;
    }
    const bool is_shared = is_forwarding(name) || is_accept_ra(name);
    if (!is_shared || !others_need_forwarding(table, own_bridges, changes)) take_back(name, before);
    at = changes.sysctls.erase(at);
  }
}

void note(const std::vector<Sysctl>& needed, const std::vector<std::string>& own_bridges, HostChanges& changes) {
  for (const auto& [name, from, to] : needed) {
    if (value_of(name) != from) continue;
    changes.sysctls.try_emplace(name, from);
    if (is_forwarding(name) && changes.links.empty()) changes.links = links_of_others(own_bridges);
  }
}

void turn_on(const Sysctl& sysctl) {
  if (value_of(sysctl.name) != sysctl.from) return;
  try {
    fs::write_control_file(kSysctls / sysctl.name, sysctl.to);
  } catch (Error& error) {
    throw Error::format(error.code(), "containers cannot reach the network: sysctl {} is {}, and setting it failed: {}",
                        sysctl.name, sysctl.from, error.message());
  }
}

std::vector<Barrier> barriers(const HostChanges& changes) {
  std::vector<Barrier> found;
  for (const auto& [name, family] : {std::pair(kForwarding, Family::kV4), {kForwarding6, Family::kV6}}) {
    if (changes.sysctls.contains(name)) found.push_back({family, changes.links});
  }
  return found;
}

std::string handle_in(std::string_view line) {
  const auto at = line.find(kHandle);
  return at == std::string_view::npos ? "" : std::string(base::trim(line.substr(at + kHandle.size())));
}

// Empty where there is no such table.
std::string handle_of(const std::string& table) try {
  const auto listed = run_nft("list table inet " + table);
  return handle_in(std::string_view(listed).substr(0, listed.find('\n')));
} catch (const Error& error) {
  if (error.code() != Code::kIo) throw;
  return "";
}

// False after a flush or when another made one of its name.
bool stands(const std::string& table, const HostChanges& changes) {
  return !changes.table_handle.empty() && handle_of(table) == changes.table_handle;
}

// The rules that a chain of others is to have, as nft lists them.
std::vector<std::string> wanted_rules(const ForeignChain& chain, const Ruleset& rules) {
  std::vector<std::string> wanted;
  const auto add = [&](const std::string& what) {
    wanted.push_back(fmt::format("{} accept comment \"{}\"", what, rules.table));
  };
  for (const auto& bridge : rules.bridges) {
    if (!chain.input) {
      add(fmt::format("iifname \"{}\"", bridge.bridge));
      add(fmt::format("oifname \"{}\"", bridge.bridge));
    } else if (bridge.names) {
      add(fmt::format("iifname \"{}\" udp dport 53", bridge.bridge));
      add(fmt::format("iifname \"{}\" tcp dport 53", bridge.bridge));
    }
  }
  return wanted;
}

// Those of our rules that a chain has: text and handle.
std::vector<std::pair<std::string, std::string>> own_rules(const std::string& chain, const std::string& table) {
  const auto mark = fmt::format(" comment \"{}\"", table);
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& line : base::split(run_nft("list chain " + chain), '\n')) {
    const auto text = std::string(base::trim(line.substr(0, line.find(kHandle))));
    if (text.ends_with(mark)) found.emplace_back(text, handle_in(line));
  }
  return found;
}

void keep_rules(const std::string& chain, const std::string& table, const std::vector<std::string>& wanted) {
  std::vector<std::string> present;
  std::string commands;
  for (const auto& [text, handle] : own_rules(chain, table)) {
    if (std::find(wanted.begin(), wanted.end(), text) == wanted.end()) {
      commands += "delete rule " + chain + " handle " + handle + "\n";
    } else {
      present.push_back(text);
    }
  }
  for (const auto& rule : wanted) {
    if (std::find(present.begin(), present.end(), rule) == present.end())
      commands += "insert rule " + chain + " " + rule + "\n";
  }
  if (!commands.empty()) run_nft(commands);
}

void remove_rules(const std::string& chain, const std::string& table) {
  try {
    keep_rules(chain, table, {});
  } catch (const Error& error) {
    base::log::debug("{} has no rules of ours any more: {}", chain, error.message());
  }
}

void note_chains(const std::vector<ForeignChain>& foreign, HostChanges& changes) {
  for (const auto& chain : foreign) {
    auto& noted = changes.foreign_chains;
    if (std::find(noted.begin(), noted.end(), chain.name) == noted.end()) noted.push_back(chain.name);
  }
}

}  // namespace

std::vector<ForeignChain> closed_chains(const std::string& listed_chains, const std::string& own_table) {
  std::vector<ForeignChain> found;
  std::string table, chain;
  for (const auto& line : base::split(listed_chains, '\n')) {
    const auto words = base::split(base::trim(line), ' ');
    if (words[0] == "table" && words.size() > 2) table = words[1] + " " + words[2];
    if (words[0] == "chain" && words.size() > 1) chain = words[1];
    const bool input = line.find("type filter hook input") != std::string::npos;
    if (!input && line.find("type filter hook forward") == std::string::npos) continue;
    const bool closed = line.find("policy drop") != std::string::npos || table.ends_with(" firewalld");
    if (!closed || table == "inet " + own_table) continue;
    if (table.starts_with("ip ") || table.starts_with("ip6 ") || table.starts_with("inet "))
      found.push_back({table + " " + chain, input});
  }
  return found;
}

void apply(Ruleset rules, const std::vector<std::string>& own_bridges, HostChanges& changes,
           const std::function<void()>& write_down) {
  const auto before = changes;
  const auto needed = needed_sysctls(rules, changes);
  const auto foreign = closed_chains(run_nft("list chains"), rules.table);
  take_back_sysctls(rules.table, own_bridges, needed, changes);
  note(needed, own_bridges, changes);
  note_chains(foreign, changes);
  changes.has_table = true;
  rules.barriers = barriers(changes);
  rules.keeps_from_others =
      std::any_of(foreign.begin(), foreign.end(), [](const ForeignChain& chain) { return !chain.input; });
  if (rules.keeps_from_others) rules.uplinks = Links::here().uplinks();
  if (!(changes == before)) write_down();
  for (const auto& sysctl : needed) turn_on(sysctl);
  const auto text = replace_text(rules);
  if (text != changes.rules || !stands(rules.table, changes)) {
    run_nft(text);
    changes.rules = text;
    changes.table_handle = handle_of(rules.table);
  }
  for (const auto& chain : foreign) keep_rules(chain.name, rules.table, wanted_rules(chain, rules));
}

void withdraw(const std::string& table, const std::vector<std::string>& own_bridges, HostChanges& changes) {
  for (const auto& chain : changes.foreign_chains) remove_rules(chain, table);
  take_back_sysctls(table, own_bridges, {}, changes);
  if (changes.has_table) run_nft(remove_text(table));
  changes = {};
}

}  // namespace davit::network
