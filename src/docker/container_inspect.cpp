#include "docker/container_inspect.h"

#include <algorithm>

#include <boost/json.hpp>

#include "docker/container_host_config.h"
#include "docker/json_lists.h"

namespace davit::docker {

namespace json = boost::json;
using container::Description;
using container::MountKind;
using container::MountOrigin;
using container::MountPoint;

namespace {

constexpr const char* kNever = "0001-01-01T00:00:00Z";

std::string moment(const std::optional<base::Time>& time) { return time ? base::to_rfc3339(*time) : kNever; }

json::object state_of(const container::State& state) {
  const bool running = container::is_running(state.status);
  return {{"Status", container::name(state.status)},
          {"Running", running},
          {"Paused", state.status == container::Status::kPaused},
          {"Restarting", false},
          {"OOMKilled", state.oom_killed},
          {"Dead", state.status == container::Status::kDead},
          {"Pid", running && state.init ? state.init->pid : 0},
          {"ExitCode", state.exit_code},
          {"Error", state.error},
          {"StartedAt", moment(state.started)},
          {"FinishedAt", moment(state.finished)}};
}

// A volume of --mount has the mode that docker gives those for SELinux.
std::string mode_of(const MountPoint& mount) {
  return mount.origin == MountOrigin::kMountFlag && mount.kind == MountKind::kVolume ? "z" : mount.mode;
}

json::object mount_of(const ContainerView& view, const MountPoint& mount) {
  json::object object = {{"Type", mount_type(mount.kind)}};
  std::string source = mount.source, propagation;
  if (mount.kind == MountKind::kVolume) {
    object["Name"] = mount.source;
    const auto found = view.volumes.find(mount.source);
    source = found == view.volumes.end() ? "" : found->second.string();
  }
  if (mount.kind == MountKind::kBind) propagation = mount.propagation.empty() ? "rprivate" : mount.propagation;
  object["Source"] = source;
  object["Destination"] = mount.target.string();
  if (mount.kind == MountKind::kVolume) object["Driver"] = mount.driver.empty() ? "local" : mount.driver;
  object["Mode"] = mode_of(mount);
  object["RW"] = !mount.read_only;
  object["Propagation"] = propagation;
  return object;
}

json::array mounts_of(const ContainerView& view) {
  json::array mounts;
  for (const MountPoint& mount : view.container.record.description.mounts) {
    if (mount.origin != MountOrigin::kTmpfsFlag) mounts.push_back(mount_of(view, mount));
  }
  return mounts;
}

std::string hostname_of(const ContainerView& view) {
  const Description& description = view.container.record.description;
  if (!description.hostname.empty()) return description.hostname;
  return description.shares_host_network() ? view.host_name : view.container.id().substr(0, 12);
}

json::object config_of(const ContainerView& view) {
  const Description& description = view.container.record.description;
  json::object config = {{"Hostname", hostname_of(view)},
                         {"Domainname", description.domainname},
                         {"User", description.user},
                         {"AttachStdin", description.attach_stdin},
                         {"AttachStdout", description.attach_stdout},
                         {"AttachStderr", description.attach_stderr}};
  if (!description.exposed_ports.empty()) config["ExposedPorts"] = set_or_null(description.exposed_ports);
  config["Tty"] = description.terminal;
  config["OpenStdin"] = description.open_stdin;
  config["StdinOnce"] = description.stdin_once;
  config["Env"] = list_or_null(description.env);
  config["Cmd"] = list_or_null(description.command);
  config["Image"] = description.image_reference;
  config["Volumes"] = set_or_null(description.volumes);
  config["WorkingDir"] = description.working_dir;
  config["Entrypoint"] = list_or_null(description.entrypoint);
  config["OnBuild"] = nullptr;
  config["Labels"] = map_of(description.labels);
  if (!description.stop_signal.empty()) config["StopSignal"] = description.stop_signal;
  if (description.stop_timeout) config["StopTimeout"] = *description.stop_timeout;
  return config;
}

std::string text_of(const std::optional<network::Address>& address) { return address ? address->text() : ""; }

std::string gateway_of(const network::Pool* pool) { return pool == nullptr ? "" : text_of(pool->gateway); }

int prefix_of(const network::Pool* pool, const std::optional<network::Address>& address) {
  return pool == nullptr || !address ? 0 : pool->subnet.prefix();
}

// By which others find it.
json::value names_of(const network::Place& place) {
  if (!place.network.names_containers()) return nullptr;
  auto names = place.endpoint.aliases;
  names.insert(names.begin(), place.endpoint.container_name);
  names.push_back(place.endpoint.container.substr(0, 12));
  return list_of(names);
}

// What it asked for, and, while it runs, what it got. Docker adds the short ID to the aliases.
json::object endpoint_of(const ContainerView& view, const network::Wish& wish) {
  const auto place = std::find_if(view.places.begin(), view.places.end(),
                                  [&](const network::Place& one) { return one.network.name == wish.network; });
  const network::Endpoint none;
  const bool connected = place != view.places.end();
  const network::Endpoint& endpoint = connected ? place->endpoint : none;
  const network::Pool* v4 = connected ? place->network.pool(network::Family::kV4) : nullptr;
  const network::Pool* v6 = connected ? place->network.pool(network::Family::kV6) : nullptr;
  json::value ipam = nullptr;
  if (!wish.ipv4.empty() || !wish.ipv6.empty()) {
    json::object asked;
    if (!wish.ipv4.empty()) asked["IPv4Address"] = wish.ipv4;
    if (!wish.ipv6.empty()) asked["IPv6Address"] = wish.ipv6;
    ipam = std::move(asked);
  }
  json::value aliases = nullptr;
  if (wish.network != network::kDefaultNetwork && view.container.record.description.joins_networks()) {
    auto names = wish.aliases;
    names.push_back(view.container.id().substr(0, 12));
    aliases = list_of(names);
  }
  return {{"IPAMConfig", ipam},
          {"Links", nullptr},
          {"Aliases", aliases},
          {"NetworkID", endpoint.network},
          {"EndpointID", endpoint.id},
          {"Gateway", gateway_of(v4)},
          {"IPAddress", text_of(endpoint.v4)},
          {"IPPrefixLen", prefix_of(v4, endpoint.v4)},
          {"IPv6Gateway", endpoint.v6 ? gateway_of(v6) : ""},
          {"GlobalIPv6Address", text_of(endpoint.v6)},
          {"GlobalIPv6PrefixLen", prefix_of(v6, endpoint.v6)},
          {"MacAddress", connected ? endpoint.mac.text() : ""},
          {"DriverOpts", nullptr},
          {"GwPriority", 0},
          {"DNSNames", connected ? names_of(*place) : json::value(nullptr)}};
}

json::object ports_of(const ContainerView& view) {
  json::object ports;
  if (view.places.empty()) return ports;
  for (const auto& exposed : view.container.record.description.exposed_ports) ports[exposed] = nullptr;
  for (const auto& place : view.places) {
    for (const auto& binding : place.endpoint.ports) {
      auto& list = ports[std::to_string(binding.container_port) + "/" + network::name(binding.protocol)];
      if (!list.is_array()) list = json::array();
      list.as_array().push_back(
          json::object{{"HostIp", binding.host.text()}, {"HostPort", std::to_string(binding.host_port)}});
    }
  }
  return ports;
}

json::object networks_of(const ContainerView& view) {
  const Description& description = view.container.record.description;
  json::object networks;
  for (const auto& wish : description.networks) networks[wish.network] = endpoint_of(view, wish);
  if (!description.joins_networks() && !description.network.starts_with("container:"))
    networks[description.network] = endpoint_of(view, {.network = description.network});
  return networks;
}

// Where its network namespace can be entered.
std::string sandbox_of(const ContainerView& view) {
  const auto& init = view.container.state.init;
  return view.places.empty() || !init ? "" : "/proc/" + std::to_string(init->pid) + "/ns/net";
}

// The members of the default bridge stand once more at the top.
json::object network_settings(const ContainerView& view) {
  auto networks = networks_of(view);
  const auto empty = endpoint_of(view, {.network = network::kDefaultNetwork});
  const auto* found = networks.if_contains(network::kDefaultNetwork);
  const json::object& top = found == nullptr ? empty : found->as_object();
  json::object settings = {{"Bridge", ""},
                           {"SandboxID", view.places.empty() ? "" : view.container.id()},
                           {"HairpinMode", false},
                           {"LinkLocalIPv6Address", ""},
                           {"LinkLocalIPv6PrefixLen", 0},
                           {"Ports", ports_of(view)},
                           {"SandboxKey", sandbox_of(view)},
                           {"SecondaryIPAddresses", nullptr},
                           {"SecondaryIPv6Addresses", nullptr}};
  for (const char* name : {"EndpointID", "Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPAddress",
                           "IPPrefixLen", "IPv6Gateway", "MacAddress"}) {
    settings[name] = top.at(name);
  }
  settings["Networks"] = std::move(networks);
  return settings;
}

json::object graph_driver(const ContainerView& view) {
  return {{"Data", json::object({{"MergedDir", view.root.string()},
                                 {"UpperDir", (view.folder / "upper").string()},
                                 {"WorkDir", (view.folder / "work").string()}})},
          {"Name", view.driver}};
}

}  // namespace

json::object container_inspect(const ContainerView& view) {
  const container::Record& record = view.container.record;
  const container::State& state = view.container.state;
  const Description& description = record.description;
  const auto args = description.args();
  const bool was_started = state.started || state.status == container::Status::kStarting;
  // Docker has no paths of what a first start makes.
  const auto own = [&](const char* name) { return was_started ? (view.folder / name).string() : std::string(); };
  json::object object = {
      {"Id", record.id},
      {"Created", base::to_rfc3339(record.created)},
      {"Path", args.empty() ? std::string() : args[0]},
      {"Args", list_of(args.empty() ? args : std::vector<std::string>(args.begin() + 1, args.end()))},
      {"State", state_of(state)},
      {"Image", description.image ? description.image->text() : std::string()},
      {"ResolvConfPath", own("resolv.conf")},
      {"HostnamePath", own("hostname")},
      {"HostsPath", own("hosts")},
      {"LogPath", description.log.driver == "none" ? std::string() : own("container.log")},
      {"Name", "/" + description.name},
      {"RestartCount", 0},
      {"Driver", view.driver},
      {"Platform", "linux"},
      {"MountLabel", ""},
      {"ProcessLabel", ""},
      {"AppArmorProfile", description.security.apparmor},
      {"ExecIDs", nullptr},
      {"HostConfig", host_config(view)},
      {"GraphDriver", graph_driver(view)}};
  if (view.sizes) {
    object["SizeRw"] = view.sizes->own;
    object["SizeRootFs"] = view.sizes->all;
  }
  object["Mounts"] = mounts_of(view);
  object["Config"] = config_of(view);
  object["NetworkSettings"] = network_settings(view);
  return object;
}

}  // namespace davit::docker
