// inspect, image inspect.

#include <algorithm>
#include <array>
#include <functional>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/container_cells.h"
#include "cli/context.h"
#include "cli/object_template.h"
#include "cli/output.h"
#include "docker/container_inspect.h"
#include "docker/image_inspect.h"
#include "docker/inspect_types.h"
#include "docker/json_text.h"
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

struct Found {
  boost::json::object object;
  const text::Type* type = nullptr;
};

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

std::optional<Found> find_image(Context& context, const std::string& name) {
  const auto image = operations::find_image(context.images(), name);
  if (!image) return std::nullopt;
  return Found{docker::image_inspect(view_of(context, image->record)), &docker::image_inspect_type()};
}

std::optional<Found> find_container(Context& context, const std::string& name) {
  const auto container = context.containers().find(name);
  if (!container) return std::nullopt;
  const docker::ContainerView view = {.container = *container,
                                      .image = image_shown(context, container->record.description, true),
                                      .driver = driver_of(context, container->record.description.diff_ids)};
  return Found{docker::container_inspect(view), &docker::container_inspect_type()};
}

Found get_image(Context& context, const std::string& name) {
  if (auto found = find_image(context, name)) return std::move(*found);
  throw base::Error(base::Code::kNotFound, operations::no_such_image(name));
}

Found get_container(Context& context, const std::string& name) {
  if (auto found = find_container(context, name)) return std::move(*found);
  throw base::Error(base::Code::kNotFound, "No such container: " + name);
}

// A container of that name, else an image. What is no valid name names nothing, as for docker.
Found get_any(Context& context, const std::string& name) {
  for (const auto find : {find_container, find_image}) {
    try {
      if (auto found = find(context, name)) return std::move(*found);
    } catch (const base::Error& error) {
      if (error.code() != base::Code::kInvalidArgument) throw;
    }
  }
  throw ClientError("Error: No such object: " + name, base::Code::kNotFound);
}

// Docker's inspector: the objects together as JSON, or one line of a template for each.
class Inspector {
 public:
  explicit Inspector(const std::string& format) : json_(format.empty() || format == "json"), pretty_(format.empty()) {
    if (!json_) template_.emplace(parse_format(format, "", kBadTemplateExit));
  }

  void add(const Found& found) {
    if (json_) {
      objects_.push_back(found.object);
    } else {
      lines_ += line(found) + "\n";
    }
  }

  void print() const {
    if (!json_) {
      cli::print(lines_.empty() ? "\n" : lines_);
    } else {
      print_line(pretty_ ? docker::to_pretty(objects_) : docker::to_line(objects_));
    }
  }

 private:
  // By docker's Go type first; by the members of the JSON where that fails, and then a missing one is an error.
  std::string line(const Found& found) const {
    std::string out;
    try {
      template_->execute(text::from_json(found.object, *found.type), out);
      return out;
    } catch (const base::Error& error) {
      if (error.code() != base::Code::kInvalidArgument) throw;
      out.clear();
    }
    try {
      template_->execute(text::from_json(found.object), out, {.missing_key_is_error = true});
      return out;
    } catch (const base::Error& error) {
      throw ClientError("template parsing error: " + error.message());
    }
  }

  bool json_, pretty_;
  std::optional<text::Template> template_;
  boost::json::array objects_;
  std::string lines_;
};

int inspect(Context& context, const Arguments& arguments, const char* empty_name,
            const std::function<Found(const std::string&)>& get) {
  Inspector inspector(arguments.text("format"));
  context.store();
  std::vector<std::function<void()>> errors;
  for (const std::string& name : arguments.positional()) {
    try {
      if (name.empty()) throw ClientError(empty_name);
      inspector.add(get(name));
    } catch (const ClientError& error) {
      errors.emplace_back([error] { print_error(error.message()); });
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      errors.emplace_back([error, &context] { print_daemon_error(error, context.debug()); });
    }
  }
  inspector.print();
  for (const auto& print_one : errors) print_one();
  return errors.empty() ? 0 : 1;
}

}  // namespace

int run_image_inspect(Context& context, const Arguments& arguments) {
  return inspect(context, arguments, kNoImageName, [&](const std::string& name) { return get_image(context, name); });
}

int run_inspect(Context& context, const Arguments& arguments) {
  const std::string type = arguments.text("type");
  const std::string known = "\"" + base::join({kTypes.begin(), kTypes.end()}, "\", \"") + "\"";
  if (arguments.given("type") && type.empty()) throw ClientError("type is empty: must be one of " + known);
  if (!type.empty() && std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end())
    throw ClientError("unknown type: \"" + type + "\": must be one of " + known);
  if (!type.empty() && type != "image" && type != "container")
    throw ClientError("inspect --type " + type + " is not supported: davit inspects images and containers",
                      base::Code::kNotSupported);
  return inspect(context, arguments, type == "image" ? kNoImageName : kNoContainerName, [&](const std::string& name) {
    Found found = type == "image"       ? get_image(context, name)
                  : type == "container" ? get_container(context, name)
                                        : get_any(context, name);
    if (!arguments.flag("size")) return found;
    if (found.type == &docker::container_inspect_type())
      throw ClientError("inspect --size is not supported for containers: 'davit system df -v' shows what they take",
                        base::Code::kNotSupported);
    print_error("WARNING: --size ignored for image");
    return found;
  });
}

}  // namespace davit::cli
