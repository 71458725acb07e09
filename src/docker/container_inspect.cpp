#include "docker/container_inspect.h"

#include <boost/json.hpp>

namespace davit::docker {

namespace json = boost::json;

namespace {

constexpr const char* kNever = "0001-01-01T00:00:00Z";

json::array strings(const std::vector<std::string>& values, std::size_t from = 0) {
  return json::array(values.begin() + static_cast<std::ptrdiff_t>(std::min(from, values.size())), values.end());
}

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

json::array mounts_of(const container::Description& description) {
  json::array mounts;
  for (const container::MountPoint& volume : description.mounts) {
    mounts.push_back(json::object{{"Type", "bind"},
                                  {"Source", volume.source},
                                  {"Destination", volume.target.string()},
                                  {"Mode", volume.read_only ? "ro" : ""},
                                  {"RW", !volume.read_only},
                                  {"Propagation", "rprivate"}});
  }
  return mounts;
}

json::object host_config_of(const container::Description& description) {
  json::value binds = nullptr;
  if (!description.mounts.empty()) {
    json::array list;
    for (const container::MountPoint& volume : description.mounts)
      list.emplace_back(volume.source + ":" + volume.target.string() + (volume.read_only ? ":ro" : ""));
    binds = std::move(list);
  }
  return {{"Binds", std::move(binds)},
          {"NetworkMode", description.network == runtime::NetworkMode::kHost ? "host" : "none"},
          {"RestartPolicy", json::object({{"Name", "no"}, {"MaximumRetryCount", 0}})},
          {"AutoRemove", description.auto_remove}};
}

json::object config_of(const ContainerView& view) {
  const container::Description& description = view.container.record.description;
  json::object config = {
      {"Hostname", description.hostname.empty() ? view.container.id().substr(0, 12) : description.hostname},
      {"Domainname", ""},
      {"User", description.user},
      {"AttachStdin", false},
      {"AttachStdout", false},
      {"AttachStderr", false},
      {"Tty", description.terminal},
      {"OpenStdin", description.open_stdin},
      {"StdinOnce", false},
      {"Env", strings(description.env)},
      {"Cmd", strings(description.command)},
      {"Image", view.image},
      {"Volumes", nullptr},
      {"WorkingDir", description.working_dir},
      {"Entrypoint", description.entrypoint.empty() ? json::value(nullptr) : strings(description.entrypoint)},
      {"OnBuild", nullptr},
      {"Labels", json::object()}};
  if (!description.stop_signal.empty()) config["StopSignal"] = description.stop_signal;
  return config;
}

}  // namespace

json::object container_inspect(const ContainerView& view) {
  const container::Record& record = view.container.record;
  const container::Description& description = record.description;
  const auto args = description.args();
  return {{"Id", record.id},
          {"Created", base::to_rfc3339(record.created)},
          {"Path", args.empty() ? std::string() : args[0]},
          {"Args", strings(args, 1)},
          {"State", state_of(view.container.state)},
          {"Image", description.image ? description.image->text() : std::string()},
          {"Name", "/" + description.name},
          {"RestartCount", 0},
          {"Driver", view.driver},
          {"Platform", "linux"},
          {"HostConfig", host_config_of(description)},
          {"GraphDriver", json::object({{"Data", nullptr}, {"Name", view.driver}})},
          {"Mounts", mounts_of(description)},
          {"Config", config_of(view)}};
}

}  // namespace davit::docker
