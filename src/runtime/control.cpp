// ContainerRuntime on a container that runs: freezing it, its limits, what it uses.

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/process.h"
#include "base/strings.h"
#include "runtime/container_runtime.h"
#include "runtime/resources_json.h"

namespace davit::runtime {

using base::Code;
using base::Error;

// Docker's form: "Cannot pause container ID: OCI runtime pause failed: WHY: unknown".
void ContainerRuntime::control(const Bundle& bundle, const char* verb, const char* runtime_verb,
                               const std::vector<std::string>& options, std::string_view input) {
  auto command = runtime_command(bundle);
  command.emplace_back(runtime_verb);
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(bundle.id);
  base::fs::remove(bundle.folder / "runtime.log");  // of the words before these
  const auto result = base::run({.argv = command}, input);
  if (result.status.ok()) return;
  throw Error::format(Code::kInternal, "Cannot {} container {}: OCI runtime {} failed: {}: unknown", verb, bundle.id,
                      runtime_verb, failure_of(bundle, result.err));
}

void ContainerRuntime::pause(const Bundle& bundle) { control(bundle, "pause", "pause"); }

bool ContainerRuntime::is_paused(const Bundle& bundle) const {
  const auto found = cgroups_.find(cgroup_path(bundle.id), "freezer");
  if (!found) return false;
  const auto text = base::fs::read_file_if_exists(found->folder / (found->v2 ? "cgroup.freeze" : "freezer.state"));
  return text && base::trim(*text) == (found->v2 ? "1" : "FROZEN");
}

void ContainerRuntime::resume(const Bundle& bundle) { control(bundle, "unpause", "resume"); }

// crun 1.8 would write the number into a file that wants a word.
void ContainerRuntime::lift_processes_limit(const std::string& id) const {
  if (const auto found = cgroups_.find(cgroup_path(id), "pids"))
    base::fs::write_control_file(found->folder / "pids.max", "max");
}

void ContainerRuntime::update(const Bundle& bundle, const Resources& resources) {
  const auto object = resources_object(resources);
  if (resources.pids_limit < 0) lift_processes_limit(bundle.id);
  if (object.empty()) return;
  control(bundle, "update", "update", {"--resources", "/dev/stdin"}, boost::json::serialize(object));
}

Usage ContainerRuntime::usage(const Bundle& bundle, int init) const {
  return read_usage(cgroups_, cgroup_path(bundle.id), init);
}

std::vector<int> ContainerRuntime::processes(const Bundle& bundle) const {
  return cgroups_.processes(cgroup_path(bundle.id), true);
}

// The kernel's count, and conmon's mark where a group's count went with the group.
bool ContainerRuntime::oom_killed(const Bundle& bundle) const {
  if (base::fs::exists(bundle.folder / "oom")) return true;
  const auto found = cgroups_.find(cgroup_path(bundle.id), "memory");
  if (!found) return false;
  const auto text = base::fs::read_file_if_exists(found->folder / (found->v2 ? "memory.events" : "memory.oom_control"));
  return value_of(text.value_or(""), "oom_kill") > 0;
}

}  // namespace davit::runtime
