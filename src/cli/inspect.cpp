// inspect, image inspect, container inspect, volume inspect.

#include <algorithm>
#include <array>
#include <functional>

#include <boost/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/inspector.h"
#include "cli/output.h"
#include "docker/container_inspect.h"
#include "docker/image_inspect.h"
#include "docker/inspect_types.h"
#include "docker/network_inspect.h"
#include "docker/volume_inspect.h"
#include "operations/find_image.h"
#include "policy/history.h"
#include "transfer/image_content.h"

namespace davit::cli {

namespace {

constexpr std::array kTypes = {"config", "container", "image",   "network", "node",
                               "plugin", "secret",    "service", "task",    "volume"};

// What docker's client says of an empty name.
constexpr const char* kNoImageName = "Error: No such image: ";
constexpr const char* kNoContainerName = "invalid container name or ID: value is empty";

using Found = Inspected;

// For an image that no tag means any more: which ones did, and whether history keeps it for them.
std::vector<docker::DisplacedTag> displaced_tags(Context& context, const oci::Digest& image) {
  const store::HistoryPolicy& policy = context.settings().history;
  std::vector<docker::DisplacedTag> displaced;
  for (const auto& [move, verdict] : context.images().displacements_of(image)) {
    docker::DisplacedTag one = {.tag = move.reference.familiar(),
                                .command = move.command,
                                .when = move.when,
                                .replaced_by = move.to_image->text(),
                                .reason = policy::reason(verdict, policy)};
    if (verdict == policy::HistoryVerdict::kPinned)
      one.kept_until = move.when + std::chrono::hours(24) * std::int64_t{policy.days};
    displaced.push_back(std::move(one));
  }
  return displaced;
}

// Of the topmost layer: those below may have been kept by another.
std::string driver_of(Context& context, const std::vector<oci::Digest>& diff_ids) try {
  layer::LayerStore& layers = context.store().layers();
  const auto top = diff_ids.empty() ? std::nullopt : layers.find(diff_ids.back());
  return top ? top->driver : layers.driver().name;
} catch (const base::Error& error) {  // a folder that can hold no layers any more
  base::log::debug("the driver is not told: {}", error.message());
  return "";
}

std::string driver_of(Context& context, const store::ImageRecord& record) {
  std::vector<oci::Digest> diff_ids;
  if (!record.layers.empty()) diff_ids.push_back(record.layers.back().diff_id);
  return driver_of(context, diff_ids);
}

docker::ImageView view_of(Context& context, const store::ImageRecord& record) {
  docker::ImageView view = {.record = record,
                            .config = transfer::read_config(context.store(), record),
                            .tags = context.images().tags_of(record.id),
                            .driver = driver_of(context, record)};
  bool tagged = false;
  for (const store::Tag& tag : view.tags) {
    if (!tag.reference.tag()) continue;
    tagged = true;
    const auto moves = context.images().history(tag.reference);
    if (!moves.empty() && (!view.last_tagged || moves.front().when > *view.last_tagged))
      view.last_tagged = moves.front().when;
  }
  if (!tagged) view.displaced = displaced_tags(context, record.id);
  return view;
}

// What runs it, or would: known without a look at the host where it was asked for or ran before.
std::string runtime_of(Context& context, const container::Container& container) try {
  if (!container.state.runtime_name.empty()) return container.state.runtime_name;
  const std::string& asked = container.record.description.runtime;
  return asked.empty() ? context.containers().runtime_choice().name : asked;
} catch (const base::Error& error) {  // no runtime here works
  base::log::debug("the runtime is not told: {}", error.message());
  return "";
}

// Of what it wrote, and of that with its image.
docker::ContainerView::Sizes sizes_of(Context& context, const container::Container& container) {
  const std::uint64_t own = context.containers().written_bytes(container.id());
  std::uint64_t of_image = 0;
  for (const oci::Digest& layer : container.record.description.diff_ids) {
    if (const auto record = context.store().layers().find(layer)) of_image += record->size;
  }
  return {own, own + of_image};
}

std::map<std::string, std::filesystem::path> volume_folders(Context& context,
                                                            const container::Description& description) {
  std::map<std::string, std::filesystem::path> folders;
  for (const container::MountPoint& mount : description.mounts) {
    if (mount.kind == container::MountKind::kVolume)
      folders[mount.source] = context.containers().volumes().data(mount.source);
  }
  return folders;
}

docker::ContainerView view_of(Context& context, const container::Container& container, bool with_sizes) {
  char host_name[256] = {};
  ::gethostname(host_name, sizeof host_name - 1);
  return {.container = container,
          .driver = driver_of(context, container.record.description.diff_ids),
          .runtime = runtime_of(context, container),
          .cgroup_v2 = base::fs::exists("/sys/fs/cgroup/cgroup.controllers"),
          .host_name = host_name,
          .folder = context.containers().folder_of(container.id()),
          .root = context.containers().root_of(container.id()),
          .volumes = volume_folders(context, container.record.description),
          .places = container.record.description.networks.empty() ? std::vector<network::Place>()
                                                                  : context.networks().places_of(container.id()),
          .sizes = with_sizes ? std::optional(sizes_of(context, container)) : std::nullopt};
}

std::optional<Found> find_image(Context& context, const std::string& name) {
  const auto image = operations::find_image(context.images(), name);
  if (!image) return std::nullopt;
  return Found{docker::image_inspect(view_of(context, image->record)), &docker::image_inspect_type()};
}

std::optional<Found> find_container(Context& context, const std::string& name, bool with_sizes) {
  const auto container = context.containers().find(name);
  if (!container) return std::nullopt;
  const docker::ContainerView view = view_of(context, *container, with_sizes);
  return Found{docker::container_inspect(view), &docker::container_inspect_type()};
}

Found get_image(Context& context, const std::string& name) {
  if (auto found = find_image(context, name)) return std::move(*found);
  throw base::Error(base::Code::kNotFound, operations::no_such_image(name));
}

Found get_container(Context& context, const std::string& name, bool with_sizes) {
  if (auto found = find_container(context, name, with_sizes)) return std::move(*found);
  throw base::Error(base::Code::kNotFound, "No such container: " + name);
}

std::optional<Found> find_volume(Context& context, const std::string& name) {
  const container::VolumeStore& volumes = context.containers().volumes();
  const auto volume = volumes.find(name);
  if (!volume) return std::nullopt;
  return Found{docker::volume_inspect(volumes, *volume), &docker::volume_inspect_type(), false};
}

Found get_volume(Context& context, const std::string& name) {
  const container::VolumeStore& volumes = context.containers().volumes();
  return {docker::volume_inspect(volumes, volumes.get(name)), &docker::volume_inspect_type(), false};
}

Found found_network(Context& context, const network::Network& network) {
  return {docker::network_inspect(network, context.networks().endpoints()), &docker::network_inspect_type(), true};
}

std::optional<Found> find_network(Context& context, const std::string& name) {
  if (name == network::kDefaultNetwork) return found_network(context, context.networks().get(name));
  const auto network = context.networks().networks().find(name);
  if (!network) return std::nullopt;
  return found_network(context, *network);
}

Found get_network(Context& context, const std::string& name) {
  return found_network(context, context.networks().get(name));
}

// A container of that name, else an image, a network, a volume. What is no valid name names nothing, as for docker.
Found get_any(Context& context, const std::string& name, bool with_sizes) {
  const auto find = [&](const auto& look) -> std::optional<Found> {
    try {
      return look();
    } catch (const base::Error& error) {
      if (error.code() != base::Code::kInvalidArgument) throw;
      return std::nullopt;
    }
  };
  if (auto found = find([&] { return find_container(context, name, with_sizes); })) return std::move(*found);
  if (auto found = find([&] { return find_image(context, name); })) return std::move(*found);
  if (auto found = find([&] { return find_network(context, name); })) return std::move(*found);
  if (auto found = find([&] { return find_volume(context, name); })) return std::move(*found);
  throw ClientError("Error: No such object: " + name, base::Code::kNotFound);
}

}  // namespace

int run_image_inspect(Context& context, const Arguments& arguments) {
  return inspect(context, arguments, kNoImageName, [&](const std::string& name) { return get_image(context, name); });
}

int run_network_inspect(Context& context, const Arguments& arguments) {
  return inspect(context, arguments, "invalid network name or ID: value is empty",
                 [&](const std::string& name) { return get_network(context, name); });
}

int run_volume_inspect(Context& context, const Arguments& arguments) {
  return inspect(context, arguments, "invalid volume name: value is empty",
                 [&](const std::string& name) { return get_volume(context, name); });
}

int run_inspect(Context& context, const Arguments& arguments) {
  const std::string type = arguments.text("type");
  const std::string known = "\"" + base::join({kTypes.begin(), kTypes.end()}, "\", \"") + "\"";
  if (arguments.given("type") && type.empty()) throw ClientError("type is empty: must be one of " + known);
  if (!type.empty() && std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end())
    throw ClientError("unknown type: \"" + type + "\": must be one of " + known);
  if (!type.empty() && type != "image" && type != "container" && type != "volume" && type != "network")
    throw ClientError(
        "inspect --type " + type + " is not supported: davit inspects images, containers, networks and volumes",
        base::Code::kNotSupported);
  const bool with_sizes = arguments.flag("size");
  return inspect(context, arguments, type == "image" ? kNoImageName : kNoContainerName, [&](const std::string& name) {
    Found found = type == "image"       ? get_image(context, name)
                  : type == "container" ? get_container(context, name, with_sizes)
                  : type == "network"   ? get_network(context, name)
                  : type == "volume"    ? get_volume(context, name)
                                        : get_any(context, name, with_sizes);
    if (with_sizes && found.type != &docker::container_inspect_type()) {
      print_error(std::string("WARNING: --size ignored for ") + (found.type == &docker::volume_inspect_type() ? "volume"
                                                                 : found.type == &docker::network_inspect_type()
                                                                     ? "network"
                                                                     : "image"));
    }
    return found;
  });
}

int run_container_inspect(Context& context, const Arguments& arguments) {
  return inspect(context, arguments, kNoContainerName,
                 [&](const std::string& name) { return get_container(context, name, arguments.flag("size")); });
}

}  // namespace davit::cli
