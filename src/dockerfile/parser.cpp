#include "dockerfile/parser.h"

#include <optional>

#include "base/strings.h"
#include "dockerfile/arguments.h"
#include "dockerfile/characters.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

bool is_comment(std::string_view line) { return trim_left_space(line).starts_with('#'); }

// The line's end without the escape character that continues it; nothing when none does: when it is not the last but
// spaces and tabs, or follows another one.
std::optional<std::string_view> without_continuation(std::string_view line, char escape) {
  const std::size_t last = line.find_last_not_of(" \t");
  if (last == std::string_view::npos || line[last] != escape) return {};
  if (last > 0 && line[last - 1] == escape) return {};
  return line.substr(0, last);
}

// Whether here-documents may follow the line: those of RUN, COPY and ADD, by themselves or in ONBUILD, unless in JSON.
bool takes_heredocs(const Statement& statement) {
  if (statement.arguments.json) return false;
  std::string name = base::to_upper(statement.keyword);
  if (name == "ONBUILD" && !statement.arguments.words.empty()) name = base::to_upper(statement.arguments.words.front());
  return name == "RUN" || name == "COPY" || name == "ADD";
}

void check_text(const Source& source) {
  if (const auto at = find_invalid_utf8(source.text())) {
    const std::size_t line = source.line_of(*at);
    const auto column = static_cast<std::size_t>(source.text().data() + *at - source.line(line).data()) + 1;
    throw SourceError(Code::kInvalidArgument, source, {line, line},
                      fmt::format("line {}, byte {}: not UTF-8", line, column));
  }
  if (const std::size_t at = source.text().find('\0'); at != std::string::npos) {
    const std::size_t line = source.line_of(at);
    throw SourceError(Code::kInvalidArgument, source, {line, line}, fmt::format("line {} has a NUL byte", line));
  }
  for (std::size_t number = 1; number <= source.line_count(); ++number) {
    if (source.line(number).size() <= kMaxLineBytes) continue;
    throw SourceError(Code::kInvalidArgument, source, {number, number},
                      fmt::format("dockerfile line greater than max allowed size of {}", kMaxLineBytes));
  }
}

class StatementReader {
 public:
  StatementReader(const Source& source, const Directives& directives) : source_(source), directives_(directives) {}

  Statements run() {
    check_text(source_);
    while (!at_end()) read_line();
    if (out_.all.empty()) fail({line_, line_}, "file with no instructions");
    return std::move(out_);
  }

 private:
  // The text's last line end begins no line.
  bool at_end() const {
    return line_ >= source_.line_count() || (line_ + 1 == source_.line_count() && source_.line(line_ + 1).empty());
  }
  std::string_view next() { return source_.line(++line_); }

  [[noreturn]] void fail(LineRange lines, const std::string& reason) const {
    throw SourceError(Code::kInvalidArgument, source_, lines, reason);
  }

  void read_line();
  void note_comment(std::string_view line);
  std::string joined(std::string_view first);
  void read_statement(std::string text, std::size_t first);
  void read_heredoc(Heredoc& heredoc, std::size_t first);
  std::string_view with_line_end(std::size_t number) const;

  const Source& source_;
  const Directives& directives_;
  Statements out_;
  std::vector<std::string> comments_;
  std::size_t line_ = 0;  // the last that was read
};

void StatementReader::read_line() {
  const std::string_view line = trim_left_space(next());
  if (line.empty()) return;
  if (is_comment(line)) {
    note_comment(line);
    return;
  }
  const std::size_t first = line_;
  read_statement(joined(line), first);
  comments_.clear();
}

// An empty comment parts those above it from the instruction below.
void StatementReader::note_comment(std::string_view line) {
  if (line_ <= directives_.lines) return;
  const std::string_view comment = trim_space(line.substr(1));
  if (comment.empty()) {
    comments_.clear();
  } else {
    comments_.emplace_back(comment);
  }
}

// Comments and empty lines within a continuation are passed over.
std::string StatementReader::joined(std::string_view line) {
  std::string text;
  bool has_empty_line = false;
  std::optional<std::string_view> continued = without_continuation(line, directives_.escape);
  text = continued.value_or(line);
  while (continued && !at_end()) {
    line = next();
    if (is_comment(line)) continue;
    if (trim_left_space(line).empty()) {
      has_empty_line = true;
      continue;
    }
    continued = without_continuation(line, directives_.escape);
    text += continued.value_or(line);
  }
  if (has_empty_line) out_.empty_continuations.push_back({line_, line_});
  return text;
}

void StatementReader::read_statement(std::string text, std::size_t first) {
  Statement statement;
  statement.text = std::move(text);
  statement.comments = comments_;
  try {
    SplitLine line = split_line(statement.text, directives_.escape);
    statement.arguments = split_arguments(line.keyword, line.rest, directives_.escape);
    statement.keyword = std::move(line.keyword);
    statement.flags = std::move(line.flags);
    if (takes_heredocs(statement)) statement.heredocs = heredocs_of_line(statement.text);
  } catch (const Error& error) {
    fail({first, line_}, error.message());
  }
  for (Heredoc& heredoc : statement.heredocs) read_heredoc(heredoc, first);
  statement.lines = {first, line_};
  out_.all.push_back(std::move(statement));
}

void StatementReader::read_heredoc(Heredoc& heredoc, std::size_t first) {
  while (!at_end()) {
    std::string_view line = next();
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (heredoc.chomps) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    if (line == heredoc.name) return;
    heredoc.content += with_line_end(line_);
  }
  fail({first, line_}, "unterminated heredoc");
}

std::string_view StatementReader::with_line_end(std::size_t number) const {
  const char* begin = source_.line(number).data();
  const char* end =
      number < source_.line_count() ? source_.line(number + 1).data() : source_.text().data() + source_.text().size();
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

Statements parse_statements(const Source& source, const Directives& directives) {
  return StatementReader(source, directives).run();
}

}  // namespace davit::dockerfile
