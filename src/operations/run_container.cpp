#include "operations/run_container.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/strings.h"
#include "operations/find_image.h"
#include "operations/image_use_lock.h"
#include "transfer/image_content.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

constexpr int kPullAgain = 5;

bool is_whole(store::Store& store, const FoundImage& found, const RunOptions& options) {
  if (!transfer::is_runnable(store, found.record)) return false;
  if (!options.pull_options.platform) return true;
  const auto config = oci::ImageConfig::parse(store.blobs().read(found.record.id, oci::kMaxManifestBytes));
  return oci::match(options.pull_options.platform->normalized(), config.platform).has_value();
}

// Brings the image here as the policy says. Returns nothing: the image is looked up again under the lock.
void ensure_image(store::Store& store, transfer::Registries& registries, const RunOptions& options,
                  transfer::Progress& progress, const std::function<void(const oci::Reference&)>& missing) {
  const auto found = find_image(store.images(), options.image);
  if (options.pull == PullPolicy::kNever) return;
  const bool by_name = !found || found->reference;  // what is named by ID or history is here or nowhere
  if (options.pull == PullPolicy::kMissing && found && (!by_name || is_whole(store, *found, options))) return;
  if (!by_name || is_image_id(options.image)) return;
  const oci::Reference reference = oci::Reference::parse_tagged(options.image);
  if (!found) missing(reference);
  transfer::PullOptions pull_options = options.pull_options;
  pull_options.command = "run";
  transfer::pull(store, registries, reference, pull_options, progress);
}

// An image that is here may be another platform's than the one asked for.
void check_platform(const oci::ImageConfig& config, const RunOptions& options) {
  const auto& wanted = options.pull_options.platform;
  if (!wanted || oci::match(wanted->normalized(), config.platform)) return;
  throw Error::format(
      Code::kNotFound,
      "image with reference {} was found but does not match the specified platform: wanted {}, actual: {}",
      options.image, wanted->text(), config.platform.text());
}

std::vector<std::string> merged_env(const std::vector<std::string>& of_image, const std::vector<std::string>& asked) {
  std::vector<std::string> env = of_image;
  for (const std::string& entry : asked) {
    const std::size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    std::erase_if(env, [&](const std::string& line) { return line.starts_with(name + "="); });
    if (equals != std::string::npos) {
      env.push_back(entry);
    } else if (const char* value = std::getenv(name.c_str())) {
      env.push_back(name + "=" + value);
    }
  }
  return env;
}

// Docker's rule: a command line replaces the image's command, an --entrypoint replaces both.
std::vector<std::string> merged_args(const oci::ExecutionConfig& image, const RunOptions& options) {
  std::vector<std::string> args;
  std::vector<std::string> command = image.cmd.value_or(std::vector<std::string>());
  if (options.entrypoint) {
    if (!options.entrypoint->empty()) args.push_back(*options.entrypoint);
    command.clear();
  } else {
    args = image.entrypoint.value_or(std::vector<std::string>());
  }
  if (!options.command.empty()) command = options.command;
  args.insert(args.end(), command.begin(), command.end());
  if (args.empty()) throw Error(Code::kInvalidArgument, "No command specified");
  return args;
}

std::string absolute_working_dir(const std::string& text) {
  if (!text.empty() && text.front() != '/') {
    throw Error::format(Code::kInvalidArgument,
                        "the working directory '{}' is invalid, it needs to be an absolute path", text);
  }
  return text;
}

container::Description describe(store::Store& store, const FoundImage& found, const RunOptions& options) {
  const oci::ImageConfig config = transfer::get_config(store, found.record, options.image, "it cannot be run");
  check_platform(config, options);
  container::Description description;
  description.name = options.name;
  description.image = found.record.id;
  description.image_reference = options.image;
  description.diff_ids = config.diff_ids;
  description.args = merged_args(config.config, options);
  description.env = merged_env(config.config.env, options.env);
  description.user = options.user.empty() ? config.config.user : options.user;
  description.working_dir =
      options.working_dir.empty() ? config.config.working_dir : absolute_working_dir(options.working_dir);
  description.hostname = options.hostname;
  description.volumes = container::parse_volumes(options.volumes);
  description.network = options.network;
  description.stop_signal = config.config.stop_signal;
  description.auto_remove = options.auto_remove;
  description.open_stdin = options.open_stdin;
  return description;
}

}  // namespace

PullPolicy parse_pull_policy(const std::string& text) {
  if (text == "always") return PullPolicy::kAlways;
  if (text == "missing") return PullPolicy::kMissing;
  if (text == "never") return PullPolicy::kNever;
  throw Error::format(Code::kInvalidArgument,
                      "invalid pull option: '{}': must be one of \"always\", \"missing\" or \"never\"", text);
}

container::Container create_container(store::Store& store, container::ContainerStore& containers,
                                      transfer::Registries& registries, const RunOptions& options,
                                      transfer::Progress& progress,
                                      const std::function<void(const oci::Reference&)>& missing) try {
  ensure_image(store, registries, options, progress, missing);
  std::optional<base::FileLock> lock = lock_image_use(store, base::FileLock::Mode::kShared);
  // A prune may have taken it in between: then it is brought again.
  for (int again = 0; again < kPullAgain && !find_image(store.images(), options.image); ++again) {
    lock = std::nullopt;
    ensure_image(store, registries, options, progress, missing);
    lock = lock_image_use(store, base::FileLock::Mode::kShared);
  }
  const FoundImage found = get_image(store.images(), options.image);
  const auto lease = store.lease();
  for (const store::ImageLayer& layer : found.record.layers) lease->add(layer.diff_id);
  return containers.create(describe(store, found, options));
} catch (Error& e) {
  e.add_frame("while creating a container of '{}'", options.image);
  throw;
}

}  // namespace davit::operations
