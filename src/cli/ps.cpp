#include <map>
#include <optional>

#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/container_cells.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "docker/port_list.h"
#include "operations/container_size.h"
#include "operations/list_containers.h"
#include "text/size.h"
#include "text/time.h"
#include "text/width.h"

namespace davit::cli {

namespace {

constexpr std::size_t kMountColumns = 15;

// Where the container's mounts come from: a volume's name, a path of the host.
std::string mounts_of(const container::Description& description, bool full) {
  std::vector<std::string> names;
  for (const container::MountPoint& mount : description.mounts) {
    if (mount.kind == container::MountKind::kTmpfs) continue;
    names.push_back(full ? mount.source : text::ellipsis(mount.source, kMountColumns));
  }
  return base::join(names, ",");
}

std::string volume_count_of(const container::Description& description) {
  return std::to_string(
      std::count_if(description.mounts.begin(), description.mounts.end(),
                    [](const container::MountPoint& mount) { return mount.kind == container::MountKind::kVolume; }));
}

std::string networks_of(const container::Description& description) {
  if (!description.joins_networks()) return description.network;
  std::vector<std::string> names;
  for (const network::Wish& wish : description.networks) names.push_back(wish.network);
  return base::join(names, ",");
}

std::string labels_of(const container::Description& description) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : description.labels) labels.push_back(key + "=" + value);
  return base::join(labels, ",");
}

Listing::Shape ps_shape(Context& context, const Arguments& arguments) {
  Listing::Shape shape = {
      .type = "*formatter.ContainerContext",
      .columns = {{"Command", "COMMAND"},
                  {"CreatedAt", "CREATED AT"},
                  {"ID", "CONTAINER ID"},
                  {"Image", "IMAGE"},
                  {"Labels", "LABELS"},
                  {"LocalVolumes", "LOCAL VOLUMES"},
                  {"Mounts", "MOUNTS"},
                  {"Names", "NAMES"},
                  {"Networks", "NETWORKS"},
                  {"Ports", "PORTS"},
                  {"RunningFor", "CREATED"},
                  {"Size", "SIZE"},
                  {"State", "STATE"},
                  {"Status", "STATUS"}},
      .table = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
      .quiet_wins = true,
      .tried_first = true,
      .labels = true,
      .raw =
          "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\n"
          "state: {{- pad .State 1 0}}\nstatus: {{- pad .Status 1 0}}\nnames: {{.Names}}\n"
          "labels: {{- pad .Labels 1 0}}\nports: {{- pad .Ports 1 0}}\n",
      .nil_columns = {"Platform"},
      .configured = {},
  };
  const bool quiet = arguments.flag("quiet");
  const std::string format = arguments.text("format");
  if (arguments.flag("size")) {
    shape.table += "\t{{.Size}}";
    shape.raw += "size: {{.Size}}\n";
  }
  if (format.empty() && !quiet) shape.configured = configured_format(context, "psFormat");
  if (quiet && format == "raw") shape.quiet = "container_id: {{.ID}}";
  if (quiet && !format.empty())
    print_error("WARNING: Ignoring custom format, because both --format and --quiet are set.");
  return shape;
}

class Rows {
 public:
  Rows(Context& context, const Arguments& arguments, Listing& listing)
      : context_(context),
        listing_(listing),
        // As docker: sizes cost something, and `json` alone does not ask for them.
        sizes_(arguments.flag("size") || (listing.needs("Size") && arguments.text("format") != "json")) {}

  void add(const container::Container& container) {
    const container::Description& description = container.record.description;
    const bool full = listing_.full();
    const auto when = [&](const char* field, const auto& make) {
      return listing_.needs(field) ? make() : std::string();
    };
    const boost::json::object row = {
        {"Command", when("Command", [&] { return command_of(container.record, full); })},
        {"CreatedAt", when("CreatedAt", [&] { return go_time(container.record.created); })},
        {"ID", full ? container.id() : container.id().substr(0, 12)},
        {"Image", when("Image", [&] { return image_of(description); })},
        {"Labels", when("Labels", [&] { return labels_of(description); })},
        {"LocalVolumes", volume_count_of(description)},
        {"Mounts", when("Mounts", [&] { return mounts_of(description, full); })},
        {"Names", description.name},
        {"Networks", networks_of(description)},
        {"Ports", when("Ports", [&] { return docker::port_list(container.record, endpoints()); })},
        {"RunningFor", text::human_age(container.record.created, now_)},
        {"Size", when("Size", [&] { return size_of(container); })},
        {"State", container::name(container.state.status)},
        {"Status", status_of(container.state, now_)},
    };
    listing_.add(row, description.labels);
  }

 private:
  // Many containers are of one image.
  std::string image_of(const container::Description& description) {
    const auto key = std::pair(description.image_reference, description.image ? description.image->text() : "");
    const auto found = images_.find(key);
    if (found != images_.end()) return found->second;
    return images_[key] = image_shown(context_, description, listing_.full());
  }

  std::string size_of(const container::Container& container) {
    if (!sizes_) return text::human_size(0);
    const auto size = operations::container_size(context_.images(), context_.containers(), container);
    return fmt::format("{} (virtual {})", text::human_size(size.own, text::kImageSizeDigits),
                       text::human_size(size.with_image, text::kImageSizeDigits));
  }

  const std::vector<network::Endpoint>& endpoints() {
    if (!endpoints_) endpoints_ = context_.networks().endpoints();
    return *endpoints_;
  }

  Context& context_;
  Listing& listing_;
  std::optional<std::vector<network::Endpoint>> endpoints_;
  const bool sizes_;
  const base::Time now_ = base::now();
  std::map<std::pair<std::string, std::string>, std::string> images_;
};

}  // namespace

int run_ps(Context& context, const Arguments& arguments) {
  operations::ListContainersOptions options = {
      .all = arguments.flag("all"), .last = arguments.number("last"), .filters = filters_of(arguments)};
  if (arguments.flag("latest") && options.last == -1) options.last = 1;
  Listing listing(ps_shape(context, arguments), arguments);
  Rows rows(context, arguments, listing);
  context.containers();
  for (const auto& container : operations::list_containers(context.store(), context.containers(), options))
    rows.add(container);
  listing.print();
  return 0;
}

}  // namespace davit::cli
