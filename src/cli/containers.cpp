// ps, stop, rm, and conmon's call when a container ended.

#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/container_cells.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "text/time.h"
#include "text/width.h"

namespace davit::cli {

namespace {

constexpr std::size_t kMountColumns = 15;

// Where the container's mounts come from.
std::string mounts_of(const container::Description& description, bool full) {
  std::vector<std::string> names;
  for (const container::BindVolume& volume : description.volumes) {
    const std::string source = volume.source.string();
    names.push_back(full ? source : text::ellipsis(source, kMountColumns));
  }
  return base::join(names, ",");
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
      .configured = {},
  };
  const bool quiet = arguments.flag("quiet");
  const std::string format = arguments.text("format");
  if (format.empty() && !quiet) shape.configured = configured_format(context, "psFormat");
  if (quiet && format == "raw") shape.quiet = "container_id: {{.ID}}";
  if (quiet && !format.empty())
    print_error("WARNING: Ignoring custom format, because both --format and --quiet are set.");
  return shape;
}

boost::json::object ps_row(Context& context, const container::Container& container, const Listing& listing) {
  const base::Time now = base::now();
  const bool full = listing.full();
  const container::Description& description = container.record.description;
  return {
      {"Command", command_of(container.record, full)},
      {"CreatedAt", go_time(container.record.created)},
      {"ID", full ? container.id() : container.id().substr(0, 12)},
      {"Image", listing.needs("Image") ? image_shown(context, description, full) : std::string()},
      {"LocalVolumes", "0"},
      {"Mounts", mounts_of(description, full)},
      {"Names", description.name},
      {"Networks", description.network == runtime::NetworkMode::kHost ? "host" : "none"},
      {"RunningFor", text::human_age(container.record.created, now)},
      {"Size", "N/A"},
      {"State", container::name(container.state.status)},
      {"Status", status_of(container.state, now)},
  };
}

// Does something to each container named; tells each failure and goes on.
template <typename Act>
int for_each_container(Context& context, const Arguments& arguments, bool absence_is_fine, const Act& act) {
  context.containers();
  int exit_code = 0;
  for (const std::string& text : arguments.positional()) {
    if (text.empty()) throw ClientError("invalid container name or ID: value is empty");
  }
  for (const std::string& text : arguments.positional()) {
    try {
      act(context.containers().get(text));
      print_line(text);
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      if (!(absence_is_fine && error.code() == base::Code::kNotFound)) exit_code = 1;
      print_daemon_error(error, context.debug());
    }
  }
  return exit_code;
}

}  // namespace

int run_ps(Context& context, const Arguments& arguments) {
  Listing listing(ps_shape(context, arguments), arguments);
  for (const container::Container& container : context.containers().list()) {
    if (arguments.flag("all") || container.running()) listing.add(ps_row(context, container, listing));
  }
  listing.print();
  return 0;
}

int run_stop(Context& context, const Arguments& arguments) {
  const std::chrono::seconds timeout(arguments.number(arguments.given("time") ? "time" : "timeout"));
  return for_each_container(context, arguments, false, [&](const container::Container& container) {
    context.containers().stop(container.id(), timeout);
  });
}

int run_rm(Context& context, const Arguments& arguments) {
  const bool force = arguments.flag("force");
  return for_each_container(context, arguments, force, [&](const container::Container& container) {
    context.containers().remove(container.id(), force);
  });
}

int run_internal_exited(Context& context, const Arguments& arguments) {
  context.containers().exited(arguments.positional()[0]);
  return 0;
}

}  // namespace davit::cli
