// volume create, ls, rm, prune. (volume inspect is with the other inspect commands.)

#include <algorithm>

#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "container/volume_use.h"
#include "operations/prune_volumes.h"
#include "text/size.h"

namespace davit::cli {

namespace {

using Texts = std::map<std::string, std::string>;

// "key=value" each; nothing where there are none.
std::optional<Texts> texts_of(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  Texts texts;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    texts[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return texts;
}

bool matches(const operations::Filters& filters, const container::Volume& volume, bool used) {
  if (const auto dangling = filters.boolean("dangling"); dangling && *dangling == used) return false;
  const auto& drivers = filters.values("driver");
  if (!drivers.empty() && std::find(drivers.begin(), drivers.end(), "local") == drivers.end()) return false;
  const auto& names = filters.values("name");
  const bool named = std::any_of(names.begin(), names.end(),
                                 [&](const std::string& part) { return volume.name.find(part) != std::string::npos; });
  return (names.empty() || named) && filters.labels_match(volume.labels.value_or(Texts()));
}

boost::json::object row_of(const container::VolumeStore& volumes, const container::Volume& volume) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : volume.labels.value_or(Texts())) labels.push_back(key + "=" + value);
  return {{"Availability", "N/A"}, {"Driver", "local"},
          {"Group", "N/A"},        {"Labels", base::join(labels, ",")},
          {"Links", "N/A"},        {"Mountpoint", volumes.data(volume.name).string()},
          {"Name", volume.name},   {"Scope", "local"},
          {"Size", "N/A"},         {"Status", "N/A"}};
}

}  // namespace

int run_volume_create(Context& context, const Arguments& arguments) {
  container::VolumeOptions options = {.name = arguments.text("name"),
                                      .driver = arguments.text("driver"),
                                      .labels = texts_of(arguments.list("label")),
                                      .options = texts_of(arguments.list("opt"))};
  if (!arguments.positional().empty()) {
    if (!options.name.empty())
      throw ClientError(
          "conflicting options: cannot specify a volume-name through both --name and as a positional arg");
    options.name = arguments.positional()[0];
  }
  const container::VolumeStore& volumes = context.containers().volumes();
  container::VolumeStore::check(options);
  const auto lock = volumes.lock(base::FileLock::Mode::kShared);
  print_line(volumes.create(options).name);
  return 0;
}

int run_volume_ls(Context& context, const Arguments& arguments) {
  const operations::Filters filters = filters_of(arguments);
  Listing::Shape shape = {
      .type = "*formatter.volumeContext",
      .columns = {{"Availability", "AVAILABILITY"},
                  {"Driver", "DRIVER"},
                  {"Group", "GROUP"},
                  {"Labels", "LABELS"},
                  {"Links", "LINKS"},
                  {"Mountpoint", "MOUNTPOINT"},
                  {"Name", "VOLUME NAME"},
                  {"Scope", "SCOPE"},
                  {"Size", "SIZE"},
                  {"Status", "STATUS"}},
      .table = "table {{.Driver}}\t{{.Name}}",
      .quiet = "{{.Name}}",
      .labels = true,
      .raw = arguments.flag("quiet") ? "name: {{.Name}}" : "name: {{.Name}}\ndriver: {{.Driver}}\n",
      .configured = {},
  };
  if (arguments.text("format").empty() && !arguments.flag("quiet"))
    shape.configured = configured_format(context, "volumesFormat");
  Listing listing(std::move(shape), arguments);
  filters.allow_only({"dangling", "driver", "label", "name"});
  filters.boolean("dangling");
  const container::VolumeStore& volumes = context.containers().volumes();
  std::map<std::string, std::vector<std::string>> users;
  if (filters.has("dangling")) users = container::volume_users(context.containers());
  for (const container::Volume& volume : volumes.list()) {
    if (matches(filters, volume, users.contains(volume.name)))
      listing.add(row_of(volumes, volume), volume.labels.value_or(Texts()));
  }
  listing.print();
  return 0;
}

int run_volume_rm(Context& context, const Arguments& arguments) {
  const bool force = arguments.flag("force");
  context.containers();
  std::vector<base::Error> errors;
  for (const std::string& name : arguments.positional()) {
    try {
      container::remove_volume(context.containers(), name);
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      if (!force || error.code() != base::Code::kNotFound) {
        errors.push_back(error);
        continue;
      }
    }
    print_line(name);
  }
  for (const base::Error& error : errors) print_daemon_error(error, context.debug());
  return errors.empty() ? 0 : 1;
}

int run_volume_prune(Context& context, const Arguments& arguments) {
  const operations::Filters filters = filters_of(arguments);
  bool all = arguments.flag("all");
  if (all && filters.has("all")) throw ClientError("conflicting options: cannot specify both --all and --filter all=1");
  const std::string warning = std::string("WARNING! This will remove ") + (all ? "all" : "anonymous") +
                              " local volumes not used by at least one container.\nAre you sure you want to continue?";
  if (!arguments.flag("force") && !confirm(warning)) {
    print_line("");
    return 0;
  }
  filters.allow_only({"all", "label", "label!"});
  all |= filters.boolean("all").value_or(false);
  operations::PruneVolumesOptions options = {.all = all, .match_labels = {}};
  if (filters.asks_labels())
    options.match_labels = [&filters](const Texts& labels) { return filters.labels_match(labels); };
  const auto pruned = operations::prune_volumes(context.containers(), options);
  if (!pruned.names.empty()) {
    print_line("Deleted Volumes:");
    for (const std::string& name : pruned.names) print_line(name);
    print_line("");
  }
  print_line("Total reclaimed space: " + text::human_size(pruned.bytes));
  return 0;
}

}  // namespace davit::cli
