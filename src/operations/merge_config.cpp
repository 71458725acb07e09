#include "operations/merge_config.h"

#include <algorithm>

#include "base/error.h"
#include "container/volume_spec.h"

namespace davit::operations {

namespace {

std::string name_of(const std::string& variable) { return variable.substr(0, variable.find('=')); }

// Those asked for, then the image's that are not among them. A name alone stays: it says that there is to be none.
std::vector<std::string> merged_env(const std::vector<std::string>& of_image, const std::vector<std::string>& asked) {
  std::vector<std::string> env = asked;
  for (const std::string& line : of_image) {
    const std::string name = name_of(line);
    if (std::none_of(asked.begin(), asked.end(), [&](const std::string& other) { return name_of(other) == name; }))
      env.push_back(line);
  }
  return env;
}

// A command line replaces the image's command, an --entrypoint replaces both.
void merge_args(const oci::ExecutionConfig& image, const RunOptions& options, container::Description& description) {
  description.command = image.cmd.value_or(std::vector<std::string>());
  if (options.entrypoint) {
    if (!options.entrypoint->empty()) description.entrypoint.push_back(*options.entrypoint);
    description.command.clear();
  } else {
    description.entrypoint = image.entrypoint.value_or(std::vector<std::string>());
  }
  if (!options.command.empty()) description.command = options.command;
  if (description.args().empty()) throw base::Error(base::Code::kInvalidArgument, "No command specified");
}

}  // namespace

container::Description merge_config(const oci::ExecutionConfig& image, const RunOptions& options) {
  container::Description description = options.asked;
  merge_args(image, options, description);
  description.env = merged_env(image.env, options.asked.env);
  if (description.user.empty()) description.user = image.user;
  if (description.working_dir.empty()) description.working_dir = image.working_dir;
  if (description.stop_signal.empty()) description.stop_signal = image.stop_signal;
  for (const auto& [key, value] : image.labels) description.labels.emplace(key, value);
  for (const auto& port : image.exposed_ports) {
    const auto& there = description.exposed_ports;
    if (std::find(there.begin(), there.end(), port) == there.end()) description.exposed_ports.push_back(port);
  }
  std::sort(description.exposed_ports.begin(), description.exposed_ports.end());
  for (const auto& mount : description.mounts) {
    if (mount.origin == container::MountOrigin::kVolumeFlag && mount.anonymous)
      description.volumes.push_back(mount.target.string());
  }
  for (const std::string& volume : image.volumes) {
    const std::string target = container::clean_path(volume).string();
    if (std::find(description.volumes.begin(), description.volumes.end(), target) == description.volumes.end())
      description.volumes.push_back(target);
  }
  return description;
}

}  // namespace davit::operations
