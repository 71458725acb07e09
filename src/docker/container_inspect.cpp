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
  const bool running = state.status == container::Status::kRunning;
  return {{"Status", container::name(state.status)},
          {"Running", running},
          {"Paused", false},
          {"Restarting", false},
          {"OOMKilled", false},
          {"Dead", state.status == container::Status::kDead},
          {"Pid", running && state.init ? state.init->pid : 0},
          {"ExitCode", state.exit_code},
          {"Error", state.error},
          {"StartedAt", moment(state.started)},
          {"FinishedAt", moment(state.finished)}};
}

json::array mounts_of(const container::Description& description) {
  json::array mounts;
  for (const container::BindVolume& volume : description.volumes) {
    mounts.push_back(json::object{{"Type", "bind"},
                                  {"Source", volume.source.string()},
                                  {"Destination", volume.target.string()},
                                  {"Mode", volume.read_only ? "ro" : ""},
                                  {"RW", !volume.read_only},
                                  {"Propagation", "rprivate"}});
  }
  return mounts;
}

json::object host_config_of(const container::Description& description) {
  json::value binds = nullptr;
  if (!description.volumes.empty()) {
    json::array list;
    for (const container::BindVolume& volume : description.volumes)
      list.emplace_back(volume.source.string() + ":" + volume.target.string() + (volume.read_only ? ":ro" : ""));
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
      {"Cmd", strings(description.args)},
      {"Image", view.image},
      {"Volumes", nullptr},
      {"WorkingDir", description.working_dir},
      {"Entrypoint", nullptr},
      {"OnBuild", nullptr},
      {"Labels", json::object()}};
  if (!description.stop_signal.empty()) config["StopSignal"] = description.stop_signal;
  return config;
}

}  // namespace

json::object container_inspect(const ContainerView& view) {
  const container::Record& record = view.container.record;
  const container::Description& description = record.description;
  return {{"Id", record.id},
          {"Created", base::to_rfc3339(record.created)},
          {"Path", description.args.empty() ? std::string() : description.args[0]},
          {"Args", strings(description.args, 1)},
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
