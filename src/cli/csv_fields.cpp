#include "cli/csv_fields.h"

#include "base/error.h"

namespace davit::cli {

namespace {

[[noreturn]] void fail(std::size_t index, std::string_view what) {
  throw base::Error::format(base::Code::kInvalidArgument, "parse error on line 1, column {}: {}", index + 1, what);
}

}  // namespace

std::vector<std::string> csv_fields(std::string_view line) {
  constexpr std::string_view kExtraneous = "extraneous or missing \" in quoted-field";
  if (line.empty()) throw base::Error(base::Code::kInvalidArgument, "EOF");
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (true) {
    std::string field;
    if (at < line.size() && line[at] == '"') {
      for (++at; true; ++at) {
        if (at == line.size()) fail(at, kExtraneous);
        if (line[at] != '"') {
          field += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          field += line[++at];
        } else {
          break;
        }
      }
      ++at;
      if (at < line.size() && line[at] != ',') fail(at - 1, kExtraneous);
    } else {
      for (; at < line.size() && line[at] != ','; ++at) {
        if (line[at] == '"') fail(at, "bare \" in non-quoted field");
        if (line[at] == '\n') fail(at, "a line break in a field without quotes");
        field += line[at];
      }
    }
    fields.push_back(std::move(field));
    if (at == line.size()) return fields;
    ++at;
  }
}

}  // namespace davit::cli
