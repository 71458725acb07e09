#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/output.h"
#include "docker/json_text.h"
#include "operations/find_image.h"
#include "text/size.h"
#include "text/table.h"
#include "text/time.h"
#include "text/width.h"
#include "transfer/image_content.h"

namespace davit::cli {

namespace {

constexpr std::size_t kCreatedByColumns = 45;

struct Row {
  std::string id;
  std::optional<base::Time> created;
  std::string created_by;
  std::uint64_t size = 0;
  std::string comment;
};

// Newest first. Steps that made no layer have size 0; a config without history still has its layers.
std::vector<Row> rows_of(store::Store& store, const store::ImageRecord& record, const oci::ImageConfig& config) {
  std::vector<Row> rows;
  std::size_t layer = 0;
  const auto layer_size = [&](std::size_t index) {
    const auto known = store.layers().find(record.layers[index].diff_id);
    return known ? known->size : record.layers[index].blob.size;
  };
  for (const oci::HistoryEntry& entry : config.history) {
    Row row = {.id = "<missing>", .created = entry.created, .created_by = entry.created_by, .comment = entry.comment};
    if (!entry.empty_layer && layer < record.layers.size()) row.size = layer_size(layer++);
    rows.push_back(std::move(row));
  }
  while (layer < record.layers.size())
    rows.push_back({.id = "<missing>", .created = record.created, .size = layer_size(layer++)});
  std::reverse(rows.begin(), rows.end());
  if (!rows.empty()) rows.front().id = record.id.text();
  return rows;
}

}  // namespace

int run_history(Context& context, const Arguments& arguments) {
  const bool json = wants_json(arguments);
  const bool full = arguments.flag("no-trunc");
  const auto found = operations::get_image(context.images(), arguments.positional()[0]);
  const oci::ImageConfig config =
      transfer::get_config(context.store(), found.record, arguments.positional()[0], "it has no history");

  text::Table table({"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"});
  for (const Row& row : rows_of(context.store(), found.record, config)) {
    const std::string id = row.id.starts_with("sha256:") && !full ? row.id.substr(7, 12) : row.id;
    const std::string since = row.created ? text::human_age(*row.created, base::now()) : "N/A";
    const std::string created_by = full ? row.created_by : text::ellipsis(row.created_by, kCreatedByColumns);
    const std::string size = text::human_size(row.size, text::kImageSizeDigits);
    if (arguments.flag("quiet")) {
      print_line(id);
    } else if (json) {
      print_line(docker::to_line(
          boost::json::object{{"Comment", row.comment},
                              {"CreatedAt", row.created ? base::to_rfc3339(*row.created) : std::string("N/A")},
                              {"CreatedBy", created_by},
                              {"CreatedSince", since},
                              {"ID", id},
                              {"Size", size}}));
    } else {
      table.add_row({id, since, created_by, size, row.comment});
    }
  }
  if (!arguments.flag("quiet") && !json) print(table.text());
  return 0;
}

}  // namespace davit::cli
