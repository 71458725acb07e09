#include "dockerfile/csv.h"

#include <algorithm>

#include "base/error.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

// A field in quotes, at the start of the line; a quote in it is written twice.
std::string take_quoted(std::string_view& line) {
  std::string field;
  line.remove_prefix(1);
  for (;;) {
    const std::size_t quote = line.find('"');
    if (quote == std::string_view::npos)
      throw Error(Code::kInvalidArgument, "extraneous or missing \" in quoted-field");
    field += line.substr(0, quote);
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"')) break;
    field += '"';
    line.remove_prefix(1);
  }
  if (!line.empty() && line.front() != ',') {
    throw Error(Code::kInvalidArgument, "extraneous or missing \" in quoted-field");
  }
  return field;
}

std::string take_plain(std::string_view& line) {
  const std::size_t end = std::min(line.find(','), line.size());
  const std::string field(line.substr(0, end));
  if (field.find('"') != std::string::npos) throw Error(Code::kInvalidArgument, "bare \" in non-quoted-field");
  line.remove_prefix(end);
  return field;
}

}  // namespace

std::vector<std::string> csv_fields(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    fields.push_back(line.starts_with('"') ? take_quoted(line) : take_plain(line));
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
}

}  // namespace davit::dockerfile
