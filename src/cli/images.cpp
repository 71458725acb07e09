#include <boost/json.hpp>
#include <fnmatch.h>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/output.h"
#include "docker/json_text.h"
#include "text/size.h"
#include "text/table.h"
#include "text/time.h"

namespace davit::cli {

namespace {

constexpr const char* kNone = "<none>";

// A line of the list: an image under one of its names.
struct Row {
  const store::ImageRecord* record;
  std::string repository = kNone;
  std::string tag = kNone;
  std::string digest = kNone;
};

// Docker's pattern: a name, a name with a tag, or either with * and ?, where * does not cross a slash.
bool matches(const std::string& pattern, const oci::Reference& reference) {
  const std::string name = reference.repository().familiar();
  const std::string tagged = reference.tag() ? name + ":" + *reference.tag() : name;
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0 ||
         fnmatch(pattern.c_str(), tagged.c_str(), FNM_PATHNAME) == 0;
}

// One row per tag; one per repository that has only a digest; one for an image with no name at all.
std::vector<Row> rows_of(const store::ImageRecord& record, const std::vector<store::Tag>& tags,
                         const std::string& pattern) {
  std::map<oci::RepositoryName, std::pair<std::vector<std::string>, std::string>> repositories;
  for (const store::Tag& tag : tags) {
    if (!pattern.empty() && !matches(pattern, tag.reference)) continue;
    auto& [names, digest] = repositories[tag.reference.repository()];
    if (tag.reference.tag()) {
      names.push_back(*tag.reference.tag());
    } else {
      digest = tag.reference.digest()->text();
    }
  }
  std::vector<Row> rows;
  for (const auto& [repository, entry] : repositories) {
    const auto& [names, digest] = entry;
    const std::string shown_digest = digest.empty() ? kNone : digest;
    for (const std::string& name : names) rows.push_back({&record, repository.familiar(), name, shown_digest});
    if (names.empty()) rows.push_back({&record, repository.familiar(), kNone, shown_digest});
  }
  if (rows.empty() && pattern.empty()) rows.push_back({.record = &record});
  return rows;
}

std::string created_ago(const store::ImageRecord& record) {
  return record.created ? text::human_age(*record.created, base::now()) : "N/A";
}

std::string to_json(const Row& row, const std::string& id) {
  const std::string size = text::human_size(row.record->size, text::kImageSizeDigits);
  return docker::to_line(boost::json::object{
      {"Containers", "N/A"},
      {"CreatedAt", row.record->created ? go_time(*row.record->created) : std::string("N/A")},
      {"CreatedSince", created_ago(*row.record)},
      {"Digest", row.digest},
      {"ID", id},
      {"Repository", row.repository},
      {"SharedSize", "N/A"},
      {"Size", size},
      {"Tag", row.tag},
      {"UniqueSize", "N/A"},
      {"VirtualSize", text::human_size(row.record->size)},
  });
}

}  // namespace

int run_images(Context& context, const Arguments& arguments) {
  const bool json = wants_json(arguments);
  const bool full = arguments.flag("no-trunc");
  const bool digests = arguments.flag("digests");
  const std::string pattern = arguments.positional().empty() ? "" : arguments.positional()[0];

  const std::vector<store::ImageRecord> records = context.images().list_images();
  std::map<oci::Digest, std::vector<store::Tag>> tags;
  for (store::Tag& tag : context.images().list_tags()) tags[tag.image].push_back(std::move(tag));

  std::vector<std::string> header = {"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"};
  if (digests) header.insert(header.begin() + 2, "DIGEST");
  text::Table table(header);
  for (const store::ImageRecord& record : records) {
    const std::string id = full ? record.id.text() : record.id.short_hex();
    for (const Row& row : rows_of(record, tags[record.id], pattern)) {
      if (arguments.flag("quiet")) {
        print_line(id);
      } else if (json) {
        print_line(to_json(row, id));
      } else {
        std::vector<std::string> cells = {row.repository, row.tag, id, created_ago(record),
                                          text::human_size(record.size, text::kImageSizeDigits)};
        if (digests) cells.insert(cells.begin() + 2, row.digest);
        table.add_row(std::move(cells));
      }
    }
  }
  if (!arguments.flag("quiet") && !json) print(table.text());
  return 0;
}

}  // namespace davit::cli
