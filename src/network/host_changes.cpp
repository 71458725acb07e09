#include "network/host_changes.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "network/nftables.h"

namespace davit::network {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

const std::filesystem::path kSysctls = "/proc/sys";
constexpr const char* kForwarding = "net/ipv4/ip_forward";
constexpr const char* kForwarding6 = "net/ipv6/conf/all/forwarding";

std::string localnet_of(const std::string& bridge) { return "net/ipv4/conf/" + bridge + "/route_localnet"; }

void write_sysctl(const std::string& name, const std::string& value) {
  fs::File::open(kSysctls / name, {.access = fs::Access::kWrite}).write(base::as_byte_view(value));
}

// Notes one that is to be turned on, with what it was.
void note(const std::string& name, HostChanges& changes) {
  const auto before = fs::read_file_if_exists(kSysctls / name);
  if (before && base::trim(*before) == "0") changes.sysctls.try_emplace(name, "0");
}

void turn_on(const std::string& name) {
  if (base::trim(fs::read_file_if_exists(kSysctls / name).value_or("1")) != "0") return;
  try {
    write_sysctl(name, "1");
  } catch (Error& error) {
    throw Error::format(error.code(), "containers cannot reach the network: sysctl {} is 0, and setting it failed: {}",
                        name, error.message());
  }
}

void note_all(const Ruleset& rules, HostChanges& changes) {
  note(kForwarding, changes);
  for (const auto& bridge : rules.bridges) {
    note(localnet_of(bridge.bridge), changes);
    const bool v6 = std::any_of(bridge.subnets.begin(), bridge.subnets.end(),
                                [](const Subnet& subnet) { return subnet.family() == Family::kV6; });
    if (v6) note(kForwarding6, changes);
  }
}

template <typename Item>
void add_once(std::vector<Item>& list, const Item& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// The handle that a listing tells: `table inet davit-x { # handle 5`.
std::string handle_in(std::string_view line) {
  constexpr std::string_view kMark = "# handle ";
  const auto at = line.find(kMark);
  return at == std::string_view::npos ? "" : std::string(base::trim(line.substr(at + kMark.size())));
}

// Empty where there is no such table.
std::string handle_of(const std::string& table) try {
  const auto listed = run_nft("list table inet " + table);
  return handle_in(std::string_view(listed).substr(0, listed.find('\n')));
} catch (const Error& error) {
  if (error.code() != Code::kIo) throw;
  return "";
}

std::string accept_rule(const char* direction, const std::string& bridge) {
  return fmt::format("{} \"{}\" accept", direction, bridge);
}

// The handles of the rules in a listed chain that let a bridge of ours through.
std::map<std::string, std::string> own_rules(const std::string& listed, const std::vector<std::string>& bridges) {
  std::map<std::string, std::string> found;  // by text
  for (const auto& line : base::split(listed, '\n')) {
    for (const auto& bridge : bridges) {
      for (const char* direction : {"iifname", "oifname"}) {
        const auto rule = accept_rule(direction, bridge);
        if (base::trim(line).starts_with(rule.substr(0, rule.rfind(' '))) &&
            line.find(" accept") != std::string::npos) {
          found[rule] = handle_in(line);
        }
      }
    }
  }
  return found;
}

// Handles are the kernel's: a chain may be another by now, so that what is deleted is looked for.
void remove_from(const std::string& chain, const std::vector<std::string>& bridges) {
  try {
    for (const auto& [rule, handle] : own_rules(run_nft("list chain " + chain), bridges)) {
      run_nft("delete rule " + chain + " handle " + handle);
    }
  } catch (const Error& error) {
    base::log::debug("{} has no rules of ours any more: {}", chain, error.message());
  }
}

void insert_into(const std::string& chain, const std::vector<std::string>& bridges) {
  const auto present = own_rules(run_nft("list chain " + chain), bridges);
  std::string commands;
  for (const auto& bridge : bridges) {
    for (const char* direction : {"iifname", "oifname"}) {
      const auto rule = accept_rule(direction, bridge);
      if (!present.contains(rule)) commands += "insert rule " + chain + " " + rule + "\n";
    }
  }
  if (!commands.empty()) run_nft(commands);
}

std::vector<std::string> names_of(const std::vector<BridgeRules>& bridges) {
  std::vector<std::string> names;
  for (const auto& bridge : bridges) names.push_back(bridge.bridge);
  return names;
}

}  // namespace

std::vector<std::string> dropping_forward_chains(const std::string& listed_chains, const std::string& own_table) {
  std::vector<std::string> found;
  std::string table, chain;
  for (const auto& line : base::split(listed_chains, '\n')) {
    const auto words = base::split(base::trim(line), ' ');
    if (words[0] == "table" && words.size() > 2) table = words[1] + " " + words[2];
    if (words[0] == "chain" && words.size() > 1) chain = words[1];
    const bool forward = line.find("type filter hook forward") != std::string::npos;
    if (!forward || line.find("policy drop") == std::string::npos || table == "inet " + own_table) continue;
    if (table.starts_with("ip ") || table.starts_with("ip6 ") || table.starts_with("inet ")) {
      found.push_back(table + " " + chain);
    }
  }
  return found;
}

void apply(const Ruleset& rules, HostChanges& changes, const std::function<void()>& write_down) {
  const auto bridges = names_of(rules.bridges);
  note_all(rules, changes);
  const auto foreign = dropping_forward_chains(run_nft("list chains"), rules.table);
  for (const auto& chain : foreign) add_once(changes.foreign_chains, chain);
  for (const auto& bridge : bridges) add_once(changes.bridges, bridge);
  changes.has_table = true;
  write_down();
  for (const auto& [name, before] : changes.sysctls) turn_on(name);
  run_nft(replace_text(rules));
  changes.table_handle = handle_of(rules.table);
  for (const auto& chain : foreign) insert_into(chain, bridges);
}

void withdraw(const std::string& table, HostChanges& changes) {
  for (const auto& chain : changes.foreign_chains) remove_from(chain, changes.bridges);
  if (changes.has_table) run_nft(remove_text(table));
  for (const auto& [name, before] : changes.sysctls) {
    if (name == kForwarding || !fs::exists(kSysctls / name)) continue;
    write_sysctl(name, before);
  }
  changes = {};
}

bool is_applied(const std::string& table, const HostChanges& changes) {
  return !changes.table_handle.empty() && handle_of(table) == changes.table_handle;
}

}  // namespace davit::network
