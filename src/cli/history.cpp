#include <algorithm>

#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "operations/find_image.h"
#include "text/size.h"
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
  const auto next_size = [&] { return transfer::layer_size(store, record.layers[layer++]); };
  for (const oci::HistoryEntry& entry : config.history) {
    Row row = {.id = "<missing>", .created = entry.created, .created_by = entry.created_by, .comment = entry.comment};
    if (!entry.empty_layer && layer < record.layers.size()) row.size = next_size();
    rows.push_back(std::move(row));
  }
  while (layer < record.layers.size())
    rows.push_back({.id = "<missing>", .created = record.created, .size = next_size()});
  std::reverse(rows.begin(), rows.end());
  if (!rows.empty()) rows.front().id = record.id.text();
  return rows;
}

// As docker: what says it is older than 2000 says nothing.
std::string age_of(const std::optional<base::Time>& created) {
  static const base::Time epoch = base::parse_rfc3339("2000-01-01T00:00:00Z").value();
  if (!created || std::chrono::floor<std::chrono::seconds>(*created) <= epoch) return "N/A";
  return text::human_age(*created, base::now());
}

Listing::Shape shape_of(bool human) {
  return {.type = "*image.historyContext",
          .columns = {{"Comment", "COMMENT"},
                      {"CreatedAt", "CREATED AT"},
                      {"CreatedBy", "CREATED BY"},
                      {"CreatedSince", "CREATED"},
                      {"ID", "IMAGE"},
                      {"Size", "SIZE"}},
          .table = std::string("table {{.ID}}\t") + (human ? "{{.CreatedSince}}" : "{{.CreatedAt}}") +
                   "\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"};
}

}  // namespace

int run_history(Context& context, const Arguments& arguments) {
  const bool human = arguments.flag("human");
  Listing listing(shape_of(human), arguments);
  const auto found = operations::get_image(context.images(), arguments.positional()[0]);
  const oci::ImageConfig config =
      transfer::get_config(context.store(), found.record, arguments.positional()[0], "it has no history");

  for (Row& row : rows_of(context.store(), found.record, config)) {
    std::replace(row.created_by.begin(), row.created_by.end(), '\t', ' ');
    const std::string created_at = local_rfc3339(row.created);
    listing.add({{"Comment", row.comment},
                 {"CreatedAt", created_at},
                 {"CreatedBy", listing.full() ? row.created_by : text::ellipsis(row.created_by, kCreatedByColumns)},
                 {"CreatedSince", human ? age_of(row.created) : created_at},
                 {"ID", row.id.starts_with("sha256:") && !listing.full() ? row.id.substr(7, 12) : row.id},
                 {"Size", human ? text::human_size(row.size, text::kImageSizeDigits) : std::to_string(row.size)}});
  }
  listing.print();
  return 0;
}

}  // namespace davit::cli
