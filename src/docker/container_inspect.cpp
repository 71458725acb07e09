#include "docker/container_inspect.h"

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
  return description.network == runtime::NetworkMode::kHost ? view.host_name : view.container.id().substr(0, 12);
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

json::object endpoint() {
  return {{"IPAMConfig", nullptr}, {"Links", nullptr},        {"Aliases", nullptr},       {"NetworkID", ""},
          {"EndpointID", ""},      {"Gateway", ""},           {"IPAddress", ""},          {"IPPrefixLen", 0},
          {"IPv6Gateway", ""},     {"GlobalIPv6Address", ""}, {"GlobalIPv6PrefixLen", 0}, {"MacAddress", ""},
          {"DriverOpts", nullptr}};
}

json::object network_settings(const Description& description) {
  return {{"Bridge", ""},
          {"SandboxID", ""},
          {"HairpinMode", false},
          {"LinkLocalIPv6Address", ""},
          {"LinkLocalIPv6PrefixLen", 0},
          {"Ports", json::object()},
          {"SandboxKey", ""},
          {"SecondaryIPAddresses", nullptr},
          {"SecondaryIPv6Addresses", nullptr},
          {"EndpointID", ""},
          {"Gateway", ""},
          {"GlobalIPv6Address", ""},
          {"GlobalIPv6PrefixLen", 0},
          {"IPAddress", ""},
          {"IPPrefixLen", 0},
          {"IPv6Gateway", ""},
          {"MacAddress", ""},
          {"Networks", json::object({{network_name(description), endpoint()}})}};
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
  object["NetworkSettings"] = network_settings(description);
  return object;
}

}  // namespace davit::docker
