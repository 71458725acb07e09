#include "build/run_step.h"

#include <list>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "build/layer_maker.h"
#include "build/run_mounts.h"
#include "build/source_trees.h"
#include "build/tree_copy.h"
#include "container/own_places.h"
#include "dockerfile/dockerfile.h"
#include "layer/archive_name.h"
#include "layer/tree_tar.h"

namespace davit::build {

namespace fs = base::fs;
using base::Code;
using base::Error;
using dockerfile::RunNetwork;
using dockerfile::RunSecurity;

namespace {

constexpr const char* kHostName = "buildkitsandbox";  // what Dockerfiles find under BuildKit

std::string network_of(const dockerfile::Run& run, const BuildRequest& request) {
  switch (run.network) {
    case RunNetwork::kNone:
      return "none";
    case RunNetwork::kHost:
      if (!request.allow_host_network) {
        throw Error(Code::kPermissionDenied,
                    "network.host is not allowed: RUN --network=host needs `davit build --allow network.host`");
      }
      return "host";
    case RunNetwork::kDefault:
      break;
  }
  return request.network.empty() || request.network == "default" ? network::kDefaultNetwork : request.network;
}

// The trees that mounts read, as long as the step runs.
class Trees {
 public:
  explicit Trees(StepContext& context) : context_(context) {}

  MountedTree find(const dockerfile::Mount& mount) {
    if (mount.from.empty()) return of_context(mount);
    const auto& named = context_.request.contexts;
    if (const auto found = named.find(mount.from); found != named.end()) return of_folder(found->second, mount.source);
    const auto tree = context_.trees.find(mount.from);
    if (tree.diff_ids.empty())
      throw Error::format(Code::kNotFound, "{} is empty: there is nothing to mount", mount.from);
    mounted_.emplace_back(context_.workshop.store.layers(), tree.diff_ids, context_.durable(), context_.run(),
                          !mount.read_only);
    return {mounted_.back().folder(), tree.key};
  }

 private:
  MountedTree of_context(const dockerfile::Mount& mount) {
    if (!context_.request.context) throw Error(Code::kNotFound, "there is no build context to mount");
    if (!mount.read_only) {
      throw Error(Code::kNotSupported,
                  "RUN --mount=type=bind,rw of the build context is not supported: it would change your files");
    }
    return of_folder(*context_.request.context, mount.source);
  }
  MountedTree of_folder(const std::filesystem::path& folder, const std::string& source) {
    const auto root = fs::Directory::open(folder);
    TreeCopy copy(nullptr);
    copy.add(root, resolve_links(root, source), "x", {});
    return {folder, copy.content_digest(context_.digests)};
  }

  StepContext& context_;
  std::list<MountedLayers> mounted_;
};

// What the program sees of variables: the image's, and the arguments in scope.
std::vector<std::string> env_of(const StageState& state) {
  std::vector<std::string> env = state.config.config.env;
  for (const auto& [name, value] : state.args.entries()) {
    if (!find_env(env, name)) env.push_back(name + "=" + value);
  }
  return env;
}

std::string history_of(const std::vector<std::string>& args, const StageState& state) {
  std::string words = "RUN ";
  const auto& declared = state.args.entries();
  if (!declared.empty()) {
    words += fmt::format("|{} ", declared.size());
    for (const auto& [name, value] : declared) words += name + "=" + value + " ";
  }
  return words + base::join(args, " ") + " # buildkit";
}

// Places that were made for mounts alone: the topmost folder of a path that the tree below does not have, if nothing
// else came to be in it.
std::set<std::string> stubs_of(const std::vector<container::MountPoint>& points, const fs::Directory* below,
                               const fs::Directory& upper) {
  std::set<std::string> stubs;
  for (const auto& point : points) {
    const auto target = layer::clean_archive_path(point.target.string());
    auto stub = target;
    if (below != nullptr && below->open_path_inside(stub)) continue;
    for (auto above = std::string(layer::parent_of(stub)); !above.empty();
         above = std::string(layer::parent_of(above))) {
      if (below != nullptr && below->open_path_inside(above)) break;
      const auto folder = upper.open_inside(above);
      if (!folder || folder->list().size() != 1) break;
      stub = above;
    }
    stubs.insert(stub);
  }
  return stubs;
}

container::Description describe(const StepContext& context, const dockerfile::Run& run, const RunMounts& mounts,
                                const std::vector<std::string>& args, const std::vector<std::string>& more_env,
                                const StageState& state) {
  container::Description description;
  description.diff_ids = state.diff_ids();
  description.entrypoint = args;
  description.env = env_of(state);
  for (const auto* more : {&more_env, &mounts.env()})
    description.env.insert(description.env.end(), more->begin(), more->end());
  description.user = state.config.config.user;
  description.working_dir = state.config.config.working_dir;
  description.hostname = kHostName;
  description.log.driver = "none";
  description.mounts = mounts.points();
  description.names.extra_hosts = context.request.extra_hosts;
  if (context.request.shm_size != 0) description.shm_size = context.request.shm_size;
  description.limits = context.request.limits;
  description.network = network_of(run, context.request);
  if (description.network == "host") {
    description.hostname.clear();
  } else if (description.network != "none") {
    description.networks = {{.network = description.network}};
  }
  description.security.privileged = run.security == RunSecurity::kInsecure;
  return description;
}

}  // namespace

void run_step(StepContext& context, const dockerfile::Run& run, const std::vector<std::string>& more_env,
              const StepRun& how, StageState& state) {
  if (run.security == RunSecurity::kInsecure && !context.request.allow_insecure) {
    throw Error(
        Code::kPermissionDenied,
        "security.insecure is not allowed: RUN --security=insecure needs `davit build --allow security.insecure`");
  }
  if (state.layers.empty()) throw Error(Code::kInvalidArgument, "RUN has no files to run: the stage is empty");
  const auto args = state.command_of(run.command);
  if (run.command.shell_form && dockerfile::shell_script(run.command).file_name)
    throw Error(
        Code::kNotSupported,
        "a here-document with a #! line of its own is not supported yet: name the program, as in RUN python3 <<EOF");
  Trees trees(context);
  const RunMounts mounts(run.mounts, state.config.config.working_dir, context.request,
                         {.caches = context.durable() / "caches", .scratch = context.run()},
                         [&](const dockerfile::Mount& mount) { return trees.find(mount); });
  const auto description = describe(context, run, mounts, args, more_env, state);
  const auto& config = state.config.config;
  const auto key =
      key_of({state.key, "RUN", key_of(args), key_of(env_of(state)), config.user, config.working_dir,
              description.network, key_of(mounts.keys()), key_of(description.names.extra_hosts),
              std::to_string(description.shm_size), run.security == RunSecurity::kInsecure ? "insecure" : ""});
  do_step(context, how, key, history_of(args, state), state, [&](int step) {
    const auto container = context.containers.run(
        description, [&](std::string_view bytes) { context.workshop.progress.output(step, bytes); });
    if (container.exit_code() != 0) {
      throw Error::format(Code::kInvalidArgument, "process \"{}\" did not complete successfully: exit code: {}",
                          base::join(args, " "), container.exit_code());
    }
    return make_layer(context.workshop.store, context.lease, context.request.layers, [&](base::Sink& tar) {
      const auto upper = fs::Directory::open(container.upper());
      const LayersTree below(context.workshop.store.layers(), state.diff_ids());
      auto left_out = container::own_places_in(upper);
      left_out.merge(stubs_of(mounts.points(), below.root(), upper));
      return layer::write_diff(container.upper(), tar, left_out).entries > 0;
    });
  });
}

}  // namespace davit::build
