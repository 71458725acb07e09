#include "docker/json_indent.h"

namespace davit::docker {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Where the string that begins at `begin` ends, behind its quote.
std::size_t string_end(std::string_view json, std::size_t begin) {
  for (std::size_t i = begin + 1; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return i + 1;
    }
  }
  return json.size();
}

}  // namespace

std::string indent_json(std::string_view json, std::string_view unit) {
  std::string out;
  std::size_t level = 0;
  bool opened = false;  // the last token opened an object or array: a line begins unless it is closed at once
  const auto new_line = [&] {
    out += '\n';
    for (std::size_t i = 0; i < level; ++i) out += unit;
  };
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (is_blank(c)) {
      ++at;
      continue;
    }
    if (c == '}' || c == ']') {
      if (level > 0) --level;
      if (!opened) new_line();
      opened = false;
      out += c;
      ++at;
      continue;
    }
    if (opened) new_line();
    opened = c == '{' || c == '[';
    if (opened) ++level;
    const std::size_t end = c == '"' ? string_end(json, at) : at + 1;
    out += json.substr(at, end - at);
    at = end;
    if (c == ',') new_line();
    if (c == ':') out += ' ';
  }
  return out;
}

}  // namespace davit::docker
