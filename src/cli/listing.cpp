#include "cli/listing.h"

#include <algorithm>
#include <optional>
#include <set>

#include <boost/json.hpp>

#include "cli/object_template.h"
#include "cli/output.h"
#include "text/table.h"
#include "text/tabs.h"
#include "text/template.h"

namespace davit::cli {

namespace {

constexpr std::string_view kTable = "table", kJson = "json", kRaw = "raw";
constexpr const char* kLabel = "label.";  // before the keys of a row's labels; no field has a dot

bool has_flag(const Arguments& arguments, std::string_view name) {
  const auto& flags = arguments.command().flags;
  return std::any_of(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.name == name; });
}

// The template that --format, -q and the defaults come to; "table …" for a table.
std::string choose_format(const Listing::Shape& shape, const Arguments& arguments) {
  const bool quiet = has_flag(arguments, "quiet") && arguments.flag("quiet");
  const std::string given = has_flag(arguments, "format") ? arguments.text("format") : "";
  if (quiet && (shape.quiet_wins || given.empty() || given == kTable)) return shape.quiet;
  if (given.empty()) return shape.configured.empty() ? shape.table : shape.configured;
  if (given == kTable) return shape.table;
  if (given == kRaw && !shape.raw.empty()) return shape.raw;
  const std::string_view suffix = shape.custom_suffix;
  const bool lacks_suffix =
      !suffix.empty() && given.starts_with(kTable) && given.find(suffix.substr(suffix.find('{'))) == std::string::npos;
  return lacks_suffix ? given + shape.custom_suffix : given;
}

std::string member(const text::Value& row, const std::string& name) {
  const auto found = row.members().find(name);
  return found == row.members().end() ? std::string() : found->second.string();
}

// A label's name in a header: what follows its last dot, with blanks for - and _.
std::string label_header(const std::string& label) {
  std::string header = label.substr(label.rfind('.') + 1);
  std::replace_if(
      header.begin(), header.end(), [](char c) { return c == '-' || c == '_'; }, ' ');
  return header;
}

using Texts = std::span<const text::Value>;

}  // namespace

struct Listing::State {
  State(Shape given, std::string format)
      : shape(std::move(given)), table(format.starts_with(kTable)), parsed(parse_format(list_template(format))) {
    row_type.kind = text::Kind::kStruct;
    row_type.name = shape.type.substr(shape.type.find_first_not_of('*'));
    row_type.json_of_methods = true;
    for (const ListColumn& column : shape.columns) {
      row_type.methods[column.field] = {
          {}, [name = column.field](const text::Value& row, Texts) { return text::Value::of(member(row, name)); }};
    }
    for (const std::string& name : shape.nil_columns) {
      row_type.methods[name] = {{}, [](const text::Value&, Texts) { return text::Value::zero(nil_type()); }};
    }
    row_pointer = {.kind = text::Kind::kPointer, .name = "*" + row_type.name, .element = &row_type};
    for (const auto& [name, method] : row_type.methods) {
      if (parsed.uses(name)) needed.insert(name);
    }
    header_type = {.kind = text::Kind::kMap, .name = "formatter.SubHeaderContext", .element = &text::types::kString};
    if (!shape.labels) return;
    row_type.methods["Label"] = {{&text::types::kString}, [](const text::Value& row, Texts arguments) {
                                   return text::Value::of(member(row, kLabel + arguments[0].string()));
                                 }};
    header_type.methods["Label"] = {{&text::types::kString}, [](const text::Value&, Texts arguments) {
                                      return text::Value::of(label_header(arguments[0].string()));
                                    }};
  }

  static const text::Type& nil_type() {
    static const text::Type target = {.kind = text::Kind::kStruct, .name = "v1.Platform"};
    static const text::Type type = {.kind = text::Kind::kPointer, .name = "*v1.Platform", .element = &target};
    return type;
  }

  // Without "table" in front and blanks around it, \t and \n made what they stand for.
  static std::string list_template(std::string_view format) {
    if (format == kJson) return "{{json .}}";
    if (format.starts_with(kTable)) format.remove_prefix(kTable.size());
    while (format.starts_with(' ')) format.remove_prefix(1);
    while (format.ends_with(' ')) format.remove_suffix(1);
    std::string out;
    for (std::size_t i = 0; i < format.size(); ++i) {
      const char next = format[i] == '\\' && i + 1 < format.size() ? format[i + 1] : '\0';
      if (next == 't' || next == 'n') {
        out += next == 't' ? '\t' : '\n';
        ++i;
      } else {
        out += format[i];
      }
    }
    return out;
  }

  text::Value value(text::Value::Members members) const {
    return text::Value::pointer(row_pointer, text::Value::object(row_type, std::move(members)));
  }

  std::string header() const {
    text::Value::Members members;
    for (const ListColumn& column : shape.columns) members[column.field] = text::Value::of(column.header);
    std::string out;
    try {
      parsed.execute(text::Value::map(header_type, std::move(members)), out, {.for_header = true});
    } catch (const base::Error&) {
      // As docker: a header shows as much of itself as can be made; a mistake is told by the first row.
    }
    return out;
  }

  Shape shape;
  bool table;
  text::Template parsed;
  text::Type row_type, row_pointer, header_type;
  std::set<std::string, std::less<>> needed;
  std::string rows;
};

Listing::Listing(Shape shape, const Arguments& arguments)
    : full_(has_flag(arguments, "no-trunc") && arguments.flag("no-trunc")) {
  const std::string format = choose_format(shape, arguments);
  if (shape.tried_first && has_flag(arguments, "format") && !arguments.text("format").empty())
    try_format(shape, arguments.text("format"));
  state_ = std::make_unique<State>(std::move(shape), format);
}

// Docker's ps looks at the text of --format as a whole, "table" included, and on an empty row.
void Listing::try_format(const Shape& shape, const std::string& format) {
  const char* doing = "parse";
  try {
    const text::Template whole(format);
    doing = "execute";
    const State state(shape, "");
    std::string nothing;
    whole.execute(state.value({}), nothing);
  } catch (const base::Error& error) {
    throw ClientError(fmt::format("failed to {} template: {}", doing, error.message()));
  }
}

Listing::~Listing() = default;

bool Listing::needs(std::string_view field) const { return state_->needed.contains(field); }

void Listing::add(const boost::json::object& row, const std::map<std::string, std::string>& labels) {
  text::Value::Members members;
  for (const auto& [name, value] : row) {
    if (!needs(std::string_view(name.data(), name.size()))) continue;
    std::string cell(value.as_string());
    if (state_->table) cell = text::one_line(std::move(cell));
    members[std::string(name)] = text::Value::of(std::move(cell));
  }
  for (const auto& [key, value] : labels) {
    members[kLabel + key] = text::Value::of(state_->table ? text::one_line(value) : value);
  }
  try {
    state_->parsed.execute(state_->value(std::move(members)), state_->rows);
  } catch (const base::Error& error) {
    throw ClientError("template parsing error: " + error.message());
  }
  state_->rows += '\n';
}

std::string Listing::text() const {
  return state_->table ? text::align_tabs(state_->header() + "\n" + state_->rows) : state_->rows;
}

void Listing::print() { cli::print(text()); }

}  // namespace davit::cli
