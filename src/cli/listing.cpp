#include "cli/listing.h"

#include <boost/json.hpp>

#include "cli/output.h"
#include "docker/json_text.h"
#include "text/table.h"

namespace davit::cli {

// Until the template engine is here: plain fields alone.
struct Listing::State {
  Shape shape;
  bool json = false, table = false;
  std::vector<std::string> fields;
  std::unique_ptr<text::Table> rows;
  std::string lines;
};

Listing::Listing(Shape shape, const Arguments& arguments) : state_(std::make_unique<State>()) {
  const auto has = [&](std::string_view name) {
    for (const Flag& flag : arguments.command().flags) {
      if (flag.name == name) return true;
    }
    return false;
  };
  full_ = has("no-trunc") && arguments.flag("no-trunc");
  std::string format = has("format") && arguments.given("format") ? arguments.text("format") : "";
  state_->json = format == "json" || format == "{{json .}}";
  if (format.empty() || format == "table") format = has("quiet") && arguments.flag("quiet") ? shape.quiet : shape.table;
  state_->table = format.starts_with("table");
  state_->shape = std::move(shape);
  if (state_->json) return;
  for (std::size_t at = 0; (at = format.find("{{.", at)) != std::string::npos;) {
    const std::size_t end = format.find("}}", at);
    if (end == std::string::npos) break;
    state_->fields.push_back(format.substr(at + 3, end - at - 3));
    at = end;
  }
  if (state_->fields.empty()) throw ClientError("format '" + format + "' is not supported: this version knows 'json'");
  if (!state_->table) return;
  std::vector<std::string> headers;
  for (const std::string& field : state_->fields) {
    for (const ListColumn& column : state_->shape.columns) {
      if (column.field == field) headers.push_back(column.header);
    }
  }
  state_->rows = std::make_unique<text::Table>(headers);
}

Listing::~Listing() = default;

bool Listing::needs(std::string_view field) const {
  for (const std::string& one : state_->fields) {
    if (one == field) return true;
  }
  return state_->json;
}

void Listing::add(const boost::json::object& row, const std::map<std::string, std::string>&) {
  const auto cell = [&](const std::string& field) {
    const auto* value = row.if_contains(field);
    return value == nullptr ? std::string() : std::string(value->as_string());
  };
  if (state_->json) {
    std::map<std::string, std::string> sorted;
    for (const ListColumn& column : state_->shape.columns) sorted[column.field] = cell(column.field);
    boost::json::object object;
    for (const auto& [field, value] : sorted) object[field] = value;
    state_->lines += docker::to_line(object) + "\n";
    return;
  }
  std::vector<std::string> cells;
  for (const std::string& field : state_->fields) cells.push_back(cell(field));
  if (state_->table) {
    state_->rows->add_row(std::move(cells));
  } else {
    for (const std::string& one : cells) state_->lines += one;
    state_->lines += "\n";
  }
}

void Listing::print() { cli::print(state_->table ? state_->rows->text() : state_->lines); }

}  // namespace davit::cli
