#include "operations/run_container.h"

#include "base/error.h"
#include "container/check_settings.h"
#include "container/join_namespaces.h"
#include "container/make_spec.h"
#include "container/merge_mounts.h"
#include "container/volume_spec.h"
#include "operations/find_image.h"
#include "operations/image_use_lock.h"
#include "operations/merge_config.h"
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

// The mounts of the containers named by --volumes-from, under their targets; of one that several have the last.
std::vector<container::MountPoint> mounts_of_others(container::ContainerStore& containers,
                                                    const std::vector<std::string>& texts) {
  std::vector<container::MountPoint> mounts;
  for (const std::string& text : texts) {
    const auto from = container::parse_volumes_from(text);
    for (container::MountPoint mount : containers.get(from.container).record.description.mounts) {
      if (mount.origin == container::MountOrigin::kTmpfsFlag) continue;
      mount.origin = container::MountOrigin::kVolumesFrom;
      mount.mode.clear();
      mount.copy = false;
      mount.read_only = mount.read_only || from.read_only;
      std::erase_if(mounts, [&](const container::MountPoint& other) { return other.target == mount.target; });
      mounts.push_back(std::move(mount));
    }
  }
  return mounts;
}

// "container:NAME" with the container's whole ID.
void resolve_namespaces(container::ContainerStore& containers, container::Description& asked) {
  constexpr std::string_view kContainer = "container:";
  for (std::string* mode : {&asked.namespaces.ipc, &asked.namespaces.pid, &asked.network}) {
    if (mode->starts_with(kContainer))
      *mode = std::string(kContainer) + containers.get(mode->substr(kContainer.size())).id();
  }
}

// Networks by their names, however they were typed; with another container's network its host name comes too.
void resolve_networks(container::ContainerStore& containers, container::Description& asked) {
  for (network::Wish& wish : asked.networks) {
    const bool first = asked.network == wish.network;
    wish.network = containers.networks().get(wish.network).name;
    if (first) asked.network = wish.network;
  }
  if (const auto donor = container::joined_container(asked.network))
    asked.hostname = container::hostname_of(containers.get(*donor).record);
  for (container::Link& link : asked.links) {
    try {
      link.container = containers.get(link.container).name();
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("could not get container for {}: {}", link.container, error.message()));
    }
  }
}

container::Description describe(store::Store& store, const FoundImage& found, const RunOptions& options,
                                const std::vector<container::MountPoint>& of_others) {
  const oci::ImageConfig config = transfer::get_config(store, found.record, options.image, "it cannot be run");
  check_platform(config, options);
  container::Description description = merge_config(config.config, options);
  description.image = found.record.id;
  description.image_reference = options.image;
  description.diff_ids = config.diff_ids;
  description.mounts = container::merge_mounts(std::move(description.mounts), of_others, description.volumes);
  return description;
}

}  // namespace

PullPolicy parse_pull_policy(const std::string& text) {
  if (text.empty()) return PullPolicy::kMissing;
  if (text == "always") return PullPolicy::kAlways;
  if (text == "missing") return PullPolicy::kMissing;
  if (text == "never") return PullPolicy::kNever;
  throw Error::format(Code::kInvalidArgument,
                      "invalid pull option: '{}': must be one of \"always\", \"missing\" or \"never\"", text);
}

CreatedContainer create_container(store::Store& store, container::ContainerStore& containers,
                                  transfer::Registries& registries, RunOptions options, transfer::Progress& progress,
                                  const std::function<void(const oci::Reference&)>& missing) try {
  auto warnings = container::check_settings(options.asked);
  container::merge_mounts(options.asked.mounts, {}, {});  // throws where two have one target
  resolve_namespaces(containers, options.asked);
  resolve_networks(containers, options.asked);
  const auto of_others = mounts_of_others(containers, options.asked.volumes_from);
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
  return {containers.create(describe(store, found, options, of_others)), std::move(warnings)};
} catch (Error& e) {
  e.add_frame("while creating a container of '{}'", options.image);
  throw;
}

}  // namespace davit::operations
