// image prune, container prune and system prune.

#include "cli/arguments.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/output.h"
#include "operations/prune_build_cache.h"
#include "operations/prune_containers.h"
#include "operations/prune_images.h"
#include "operations/prune_volumes.h"
#include "text/size.h"

namespace davit::cli {

namespace {

using operations::Filters;

operations::PruneOptions options_of(const Filters& filters, bool all) {
  if (filters.values("until").size() > 1)
    throw base::Error(base::Code::kInvalidArgument, "more than one until filter specified");
  operations::PruneOptions options = {.all = all, .created_before = filters.until(base::now()), .match_labels = {}};
  if (filters.asks_labels()) {
    options.match_labels = [&filters](const operations::Labels& labels) { return filters.labels_match(labels); };
  }
  return options;
}

operations::PrunedImages prune_images(Context& context, const operations::PruneOptions& options) {
  return operations::prune_images(
      context.store(), [&] { return operations::list_uses(context.containers()); }, options);
}

operations::PrunedBuildCache prune_build_cache(Context& context, const operations::BuildCacheOptions& options) {
  return operations::prune_build_cache(
      context.store(), [&] { return operations::list_uses(context.containers()); }, options);
}

// What a pin kept, on standard error: it is no result.
void print_kept(const char* what, const std::vector<operations::Kept>& kept) {
  for (const operations::Kept& one : kept) {
    const std::string id = one.id.substr(one.id.find(':') + 1, 12);
    print_error(fmt::format("{} {} is kept: pinned by {}", what, id, one.holders));
  }
}

void print_containers(const operations::PrunedContainers& pruned) {
  print_kept("Container", pruned.kept);
  if (pruned.ids.empty()) return;
  print_line("Deleted Containers:");
  for (const std::string& id : pruned.ids) print_line(id);
  print_line("");
}

void print_images(const operations::PrunedImages& pruned) {
  print_kept("Image", pruned.kept);
  if (pruned.images.empty()) return;
  print_line("Deleted Images:");
  for (const operations::RemovedImage& image : pruned.images) {
    for (const std::string& name : image.untagged) print_line("untagged: " + name);
    for (const oci::Digest& digest : image.deleted) print_line("deleted: " + digest.text());
  }
  print_line("");
}

void print_total(std::uint64_t bytes) { print_line("Total reclaimed space: " + text::human_size(bytes)); }

std::string system_warning(const Arguments& arguments, const Filters& filters) {
  const bool all = arguments.flag("all");
  std::string text =
      "WARNING! This will remove:\n"
      "  - all stopped containers\n"
      "  - all networks not used by at least one container\n";
  if (arguments.flag("volumes")) text += "  - all anonymous volumes not used by at least one container\n";
  text += all ? "  - all images without at least one container associated to them\n  - all build cache\n"
              : "  - all dangling images\n  - unused build cache\n";
  if (!filters.empty()) {
    text += "\n  Items to be pruned will be filtered with:\n";
    for (const char* name : {"label!", "label", "until"}) {
      for (const std::string& value : filters.values(name)) text += std::string("  - ") + name + "=" + value + "\n";
    }
  }
  return text + "\nAre you sure you want to continue?";
}

// True when the user does not want it.
bool declined(const Arguments& arguments, const std::string& warning) {
  if (arguments.flag("force") || confirm(warning)) return false;
  print_line("");
  return true;
}

}  // namespace

int run_image_prune(Context& context, const Arguments& arguments) {
  const bool all = arguments.flag("all");
  Filters filters = filters_of(arguments);
  const char* warning = all ? "WARNING! This will remove all images without at least one container associated to them."
                            : "WARNING! This will remove all dangling images.";
  if (declined(arguments, std::string(warning) + "\nAre you sure you want to continue?")) return 0;
  filters.allow_only({"dangling", "label", "label!", "until"});
  filters.add("dangling", all ? "false" : "true");  // as docker's client does; true wins
  const auto pruned = prune_images(context, options_of(filters, !filters.boolean("dangling").value_or(true)));
  print_images(pruned);
  print_total(pruned.bytes);
  return 0;
}

int run_container_prune(Context& context, const Arguments& arguments) {
  const Filters filters = filters_of(arguments);
  if (declined(arguments, "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?"))
    return 0;
  filters.allow_only({"label", "label!", "until"});
  const auto pruned = operations::prune_containers(context.containers(), options_of(filters, false));
  print_containers(pruned);
  print_total(pruned.bytes);
  return 0;
}

int run_builder_prune(Context& context, const Arguments& arguments) {
  const bool all = arguments.flag("all");
  const Filters filters = filters_of(arguments);
  const char* warning =
      all ? "WARNING! This will remove all build cache." : "WARNING! This will remove all dangling build cache.";
  if (declined(arguments, std::string(warning) + " Are you sure you want to continue?")) return 0;
  filters.allow_only({"until"});
  const auto pruned = prune_build_cache(context, {.all = all, .unused_since = filters.until(base::now())});
  print_total(pruned.bytes);
  return 0;
}

int run_system_prune(Context& context, const Arguments& arguments) {
  const Filters filters = filters_of(arguments);
  if (arguments.flag("volumes") && filters.has("until"))
    throw ClientError("ERROR: The \"until\" filter is not supported with \"--volumes\"");
  if (declined(arguments, system_warning(arguments, filters))) return 0;
  filters.allow_only({"label", "label!", "until"});
  const operations::PruneOptions options = options_of(filters, arguments.flag("all"));
  context.store();
  const auto containers = operations::prune_containers(context.containers(), options);
  print_containers(containers);
  operations::PrunedVolumes volumes;
  if (arguments.flag("volumes"))
    volumes = operations::prune_volumes(context.containers(), {.all = false, .match_labels = options.match_labels});
  if (!volumes.names.empty()) {
    print_line("Deleted Volumes:");
    for (const std::string& name : volumes.names) print_line(name);
    print_line("");
  }
  const auto images = prune_images(context, options);
  print_images(images);
  operations::PrunedBuildCache cache;
  if (!options.match_labels)  // steps have none
    cache = prune_build_cache(context, {.all = arguments.flag("all"), .unused_since = options.created_before});
  print_total(containers.bytes + volumes.bytes + images.bytes + cache.bytes);
  return 0;
}

}  // namespace davit::cli
