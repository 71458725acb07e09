#include <algorithm>

#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/container_cells.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/object_template.h"
#include "cli/output.h"
#include "operations/disk_usage.h"
#include "text/size.h"
#include "text/table.h"
#include "text/time.h"

namespace davit::cli {

namespace {

using operations::ContainerUsage;
using operations::DiskUsage;
using operations::ImageUsage;
using operations::VolumeUsage;
using text::human_size;

// "1.2MB (34%)" of a total, as docker says it.
std::string reclaimable(std::uint64_t bytes, std::uint64_t total) {
  if (total == 0) return human_size(bytes);
  return fmt::format("{} ({}%)", human_size(bytes), bytes * 100 / total);
}

struct Row {
  const char* type;
  std::size_t total = 0, active = 0;
  std::uint64_t size = 0;
  std::string reclaimable = "0B";
  std::uint64_t on_disk = 0;
};

std::vector<Row> rows_of(const DiskUsage& usage) {
  Row images = {.type = "Images",
                .total = usage.images.size(),
                .size = usage.image_bytes,
                .reclaimable = reclaimable(usage.unused_image_bytes, usage.image_bytes),
                .on_disk = usage.image_disk_bytes};
  for (const ImageUsage& image : usage.images) images.active += image.containers.empty() ? 0 : 1;
  Row containers = {.type = "Containers", .total = usage.containers.size()};
  std::uint64_t stopped = 0;
  for (const ContainerUsage& one : usage.containers) {
    containers.active += one.container.running() ? 1 : 0;
    containers.size += one.size;
    containers.on_disk += one.disk_bytes;
    if (!one.container.running()) stopped += one.size;
  }
  containers.reclaimable = reclaimable(stopped, containers.size);
  Row volumes = {.type = "Local Volumes", .total = usage.volumes.size()};
  std::uint64_t unused = 0;
  for (const VolumeUsage& one : usage.volumes) {
    volumes.active += one.links > 0 ? 1 : 0;
    volumes.size += one.size;
    volumes.on_disk += one.disk_bytes;
    if (one.links == 0) unused += one.size;
  }
  volumes.reclaimable = reclaimable(unused, volumes.size);
  const Row rest = {.type = "Other",
                    .total = usage.leftovers,
                    .size = usage.other_disk_bytes,
                    .reclaimable = reclaimable(usage.leftover_disk_bytes, usage.other_disk_bytes),
                    .on_disk = usage.other_disk_bytes};
  return {images, containers, volumes, {.type = "Build Cache"}, rest};
}

int print_summary(const Arguments& arguments, const DiskUsage& usage) {
  Listing listing({.type = "*formatter.diskUsageImagesContext",
                   .columns = {{"Type", "TYPE"},
                               {"TotalCount", "TOTAL"},
                               {"Active", "ACTIVE"},
                               {"Size", "SIZE"},
                               {"Reclaimable", "RECLAIMABLE"},
                               {"OnDisk", "ON DISK"},
                               {"OnDiskBytes", "ON DISK BYTES"}},
                   .table = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}\t{{.OnDisk}}"},
                  arguments);
  for (const Row& row : rows_of(usage)) {
    listing.add({{"Type", row.type},
                 {"TotalCount", std::to_string(row.total)},
                 {"Active", std::to_string(row.active)},
                 {"Size", human_size(row.size)},
                 {"Reclaimable", row.reclaimable},
                 {"OnDisk", human_size(row.on_disk)},
                 {"OnDiskBytes", std::to_string(row.on_disk)}});
  }
  listing.print();
  return 0;
}

struct Name {
  std::string repository = "<none>", tag = "<none>";
};

// A line for each tag; without one, for each repository that has a digest of it.
std::vector<Name> names_of(const std::vector<store::Tag>& tags) {
  std::vector<Name> names;
  for (const store::Tag& tag : tags) {
    if (tag.reference.tag()) names.push_back({tag.reference.repository().familiar(), *tag.reference.tag()});
  }
  if (!names.empty()) return names;
  for (const store::Tag& tag : tags) names.push_back({.repository = tag.reference.repository().familiar()});
  if (names.empty()) names.emplace_back();
  return names;
}

std::string since(const std::optional<base::Time>& time) { return time ? text::human_age(*time, base::now()) : "N/A"; }

void print_images(Context& context, const DiskUsage& usage) {
  print_line("Images space usage:\n");
  text::Table table({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS",
                     "ON DISK", "UNIQUE ON DISK"});
  for (const ImageUsage& image : usage.images) {
    for (const Name& name : names_of(context.images().tags_of(image.record.id))) {
      table.add_row({name.repository, name.tag, image.record.id.short_hex(), since(image.record.created),
                     human_size(image.record.size, text::kImageSizeDigits), human_size(image.shared),
                     human_size(image.unique), std::to_string(image.containers.size()), human_size(image.disk_bytes),
                     human_size(image.unique_disk_bytes)});
    }
  }
  print(table.text());
}

std::size_t volumes_of(const container::Record& record) {
  const auto& mounts = record.description.mounts;
  return static_cast<std::size_t>(std::count_if(mounts.begin(), mounts.end(), [](const container::MountPoint& mount) {
    return mount.kind == container::MountKind::kVolume;
  }));
}

void print_containers(Context& context, const DiskUsage& usage) {
  print_line("\nContainers space usage:\n");
  text::Table table(
      {"CONTAINER ID", "IMAGE", "COMMAND", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES", "ON DISK"});
  for (const ContainerUsage& one : usage.containers) {
    const container::Record& record = one.container.record;
    table.add_row({record.id.substr(0, 12), image_shown(context, record.description, false), command_of(record, false),
                   std::to_string(volumes_of(record)), human_size(one.size), since(record.created),
                   status_of(one.container.state, base::now()), one.container.name(), human_size(one.disk_bytes)});
  }
  print(table.text());
}

// Docker's struct of all that -v shows, and davit's member.
const text::Type& details_type() {
  static const text::Type type = {.kind = text::Kind::kStruct,
                                  .name = "formatter.diskUsageContext",
                                  .fields = {{"Images", "Images", &text::types::kAnys},
                                             {"Containers", "Containers", &text::types::kAnys},
                                             {"Volumes", "Volumes", &text::types::kAnys},
                                             {"BuildCache", "BuildCache", &text::types::kAnys},
                                             {"Other", "Other", &text::types::kAny}}};
  return type;
}

boost::json::array image_details(Context& context, const DiskUsage& usage) {
  boost::json::array images;
  for (const ImageUsage& image : usage.images) {
    for (const Name& name : names_of(context.images().tags_of(image.record.id))) {
      images.push_back({{"Containers", std::to_string(image.containers.size())},
                        {"CreatedAt", go_time(image.record.created)},
                        {"CreatedSince", since(image.record.created)},
                        {"Digest", ""},
                        {"ID", image.record.id.text()},
                        {"OnDisk", human_size(image.disk_bytes)},
                        {"OnDiskBytes", std::to_string(image.disk_bytes)},
                        {"Repository", name.repository},
                        {"SharedSize", human_size(image.shared)},
                        {"Size", human_size(image.record.size, text::kImageSizeDigits)},
                        {"Tag", name.tag},
                        {"UniqueOnDisk", human_size(image.unique_disk_bytes)},
                        {"UniqueOnDiskBytes", std::to_string(image.unique_disk_bytes)},
                        {"UniqueSize", human_size(image.unique)},
                        {"VirtualSize", human_size(image.record.size)}});
    }
  }
  return images;
}

boost::json::array container_details(Context& context, const DiskUsage& usage) {
  boost::json::array containers;
  for (const ContainerUsage& one : usage.containers) {
    const container::Record& record = one.container.record;
    containers.push_back({{"Command", command_of(record, false)},
                          {"CreatedAt", go_time(record.created)},
                          {"ID", record.id},
                          {"Image", image_shown(context, record.description, false)},
                          {"LocalVolumes", std::to_string(volumes_of(record))},
                          {"Names", one.container.name()},
                          {"OnDisk", human_size(one.disk_bytes)},
                          {"OnDiskBytes", std::to_string(one.disk_bytes)},
                          {"RunningFor", since(record.created)},
                          {"Size", human_size(one.size)},
                          {"State", container::name(one.container.state.status)},
                          {"Status", status_of(one.container.state, base::now())}});
  }
  return containers;
}

boost::json::array volume_details(Context& context, const DiskUsage& usage) {
  boost::json::array volumes;
  for (const VolumeUsage& one : usage.volumes) {
    std::vector<std::string> labels;
    if (one.volume.labels) {
      for (const auto& [key, value] : *one.volume.labels) labels.push_back(key + "=" + value);
    }
    volumes.push_back({{"Availability", "N/A"},
                       {"Driver", "local"},
                       {"Group", "N/A"},
                       {"Labels", base::join(labels, ",")},
                       {"Links", std::to_string(one.links)},
                       {"Mountpoint", context.containers().volumes().data(one.volume.name).string()},
                       {"Name", one.volume.name},
                       {"OnDisk", human_size(one.disk_bytes)},
                       {"OnDiskBytes", std::to_string(one.disk_bytes)},
                       {"Scope", "local"},
                       {"Size", human_size(one.size)},
                       {"Status", "N/A"}});
  }
  return volumes;
}

boost::json::object details(Context& context, const DiskUsage& usage) {
  return {{"Images", image_details(context, usage)},
          {"Containers", container_details(context, usage)},
          {"Volumes", volume_details(context, usage)},
          {"BuildCache", boost::json::array()},
          {"Other",
           {{"OnDisk", human_size(usage.other_disk_bytes)},
            {"OnDiskBytes", std::to_string(usage.other_disk_bytes)},
            {"Reclaimable", human_size(usage.leftover_disk_bytes)}}}};
}

int print_details(Context& context, const DiskUsage& usage) {
  print_images(context, usage);
  print_containers(context, usage);
  print_line("\nLocal Volumes space usage:\n");
  text::Table volumes({"VOLUME NAME", "LINKS", "SIZE", "ON DISK"});
  for (const VolumeUsage& one : usage.volumes) {
    volumes.add_row({one.volume.name, std::to_string(one.links), human_size(one.size), human_size(one.disk_bytes)});
  }
  print(volumes.text());
  print_line("\nBuild cache usage: 0B\n");
  print(text::Table({"CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED"}).text());
  print_line("\nOther space usage: " + human_size(usage.other_disk_bytes) +
             ", of it left over: " + human_size(usage.leftover_disk_bytes));
  return 0;
}

}  // namespace

int run_system_df(Context& context, const Arguments& arguments) {
  const std::string format_text = arguments.text("format");
  const bool details_asked = arguments.flag("verbose");
  const bool as_tables = format_text.empty() || format_text == "table";
  const auto format = details_asked && !as_tables ? ObjectTemplate::from(arguments) : std::nullopt;
  context.store();
  const DiskUsage usage = operations::measure_disk_usage(context.store(), context.containers());
  if (format) {
    format->print(text::from_json(details(context, usage), details_type()));
    return 0;
  }
  return details_asked ? print_details(context, usage) : print_summary(arguments, usage);
}

}  // namespace davit::cli
