#include "dockerfile/directives.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "dockerfile/characters.h"

namespace davit::dockerfile {

namespace {

using base::Code;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Pair {
  std::string name;  // in lower case
  std::string value;
};

// "# name = value" and nothing else; a value there must be.
std::optional<Pair> parse_directive(std::string_view line, std::string_view comment) {
  if (!line.starts_with(comment)) return {};
  line = trim_left_space(line.substr(comment.size()));
  std::size_t end = 0;
  while (end < line.size() && (is_letter(line[end]) || (end > 0 && is_digit(line[end])))) ++end;
  const std::string_view rest = base::trim(line.substr(end));
  if (end == 0 || !rest.starts_with('=')) return {};
  const std::string_view value = base::trim(rest.substr(1));
  if (value.empty()) return {};
  Pair pair{base::to_lower(line.substr(0, end)), std::string(value)};
  if (pair.name != "syntax" && pair.name != "escape" && pair.name != "check") return {};
  return pair;
}

bool has_shebang(const Source& source) { return source.line(1).starts_with("#!"); }

// As the frontend is looked for: from the line's first byte, after a "#!" line, and in comments of other languages.
std::optional<Directive> detect(const Source& source, std::string_view name, std::string_view comment) {
  std::set<std::string> seen;
  for (std::size_t number = has_shebang(source) ? 2 : 1; number <= source.line_count(); ++number) {
    const std::optional<Pair> pair = parse_directive(source.line(number), comment);
    if (!pair || !seen.insert(pair->name).second) return {};
    if (pair->name == name) return Directive{pair->value.substr(0, pair->value.find(' ')), number};
  }
  return {};
}

void set_escape(Directives& directives, const Source& source, const Directive& directive) {
  if (directive.value != "`" && directive.value != "\\") {
    throw SourceError(Code::kInvalidArgument, source, {directive.line, directive.line},
                      fmt::format("invalid escape token '{}' does not match ` or \\", directive.value));
  }
  directives.escape = directive.value.front();
}

// As the parser reads them: leading space is allowed, a "#!" line is a comment like any other and ends them.
void read_top(Directives& directives, const Source& source) {
  std::set<std::string> seen;
  for (std::size_t number = 1; number <= source.line_count(); ++number) {
    const std::optional<Pair> pair = parse_directive(trim_left_space(source.line(number)), "#");
    if (!pair) return;
    if (!seen.insert(pair->name).second) {
      throw SourceError(Code::kInvalidArgument, source, {number, number},
                        fmt::format("only one {} parser directive can be used", pair->name));
    }
    if (pair->name == "escape") set_escape(directives, source, {pair->value, number});
    directives.lines = number;
  }
}

bool is_number(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

// "1", "1.7", "1.7.0".
bool is_version_1(std::string_view tag) {
  const std::vector<std::string> parts = base::split(tag, '.');
  return parts.size() <= 3 && parts.front() == "1" && std::all_of(parts.begin(), parts.end(), is_number);
}

}  // namespace

bool is_known_syntax(std::string_view frontend) {
  constexpr std::string_view kHub = "docker.io/";
  constexpr std::string_view kImage = "docker/dockerfile";
  constexpr std::string_view kLabs = "-labs";
  if (frontend.starts_with(kHub)) frontend.remove_prefix(kHub.size());
  if (!frontend.starts_with(kImage)) return false;
  frontend.remove_prefix(kImage.size());
  std::string_view tag = frontend.substr(0, frontend.find('@'));
  if (tag.empty()) return frontend != "@";
  if (tag.front() != ':') return false;
  tag.remove_prefix(1);
  if (tag == "latest" || tag == "labs" || tag == "experimental") return true;  // the last is labs' former name
  if (tag.ends_with(kLabs)) tag.remove_suffix(kLabs.size());
  return is_version_1(tag);
}

Directives read_directives(const Source& source) {
  Directives directives;
  read_top(directives, source);
  directives.syntax = detect(source, "syntax", "#");
  if (!directives.syntax) directives.syntax = detect(source, "syntax", "//");
  directives.check = detect(source, "check", "#");
  if (directives.syntax && !is_known_syntax(directives.syntax->value)) {
    throw SourceError(
        Code::kNotSupported, source, {directives.syntax->line, directives.syntax->line},
        fmt::format("unsupported syntax \"{}\": davit reads docker/dockerfile:1, its versions 1.N and its "
                    "labs channel",
                    base::printable(directives.syntax->value)));
  }
  return directives;
}

}  // namespace davit::dockerfile
