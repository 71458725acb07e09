#include "dockerfile/heredoc.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "dockerfile/expansion.h"

namespace davit::dockerfile {

namespace {

// ^(\d*)<<(-?)\s*([^<]*)$
struct HeredocParts {
  unsigned descriptor = 0;
  bool chomps = false;
  std::string_view name;  // with its quotes
};

std::optional<HeredocParts> split_heredoc(std::string_view word) {
  HeredocParts parts;
  const std::size_t arrows = word.find("<<");
  if (arrows == std::string_view::npos) return {};
  const std::string_view digits = word.substr(0, arrows);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return {};
  std::from_chars(digits.data(), digits.data() + digits.size(), parts.descriptor);
  word.remove_prefix(arrows + 2);
  parts.chomps = word.starts_with('-');
  if (parts.chomps) word.remove_prefix(1);
  word.remove_prefix(std::min(word.find_first_not_of(" \t\n\f\r"), word.size()));
  if (word.empty() || word.find('<') != std::string_view::npos) return {};
  parts.name = word;
  return parts;
}

std::size_t count_quotes(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\'' || c == '"'; }));
}

// Here-documents are words of a shell: a backslash escapes in them whatever the file's escape character is.
std::vector<std::string> shell_words(std::string_view text, ExpandOptions options) {
  options.keep_unset = true;
  return expand_words(text, Environment(), options);
}

}  // namespace

std::optional<Heredoc> parse_heredoc(std::string_view word) {
  const std::optional<HeredocParts> parts = split_heredoc(word);
  if (!parts) return {};
  const std::vector<std::string> names = shell_words(parts->name, {});
  if (names.size() != 1) return {};
  const std::vector<std::string> raw = shell_words(parts->name, {.keep_quotes = true});
  if (raw.size() != 1) return {};
  Heredoc heredoc;
  heredoc.name = names.front();
  heredoc.descriptor = parts->descriptor;
  heredoc.chomps = parts->chomps;
  heredoc.expands = count_quotes(names.front()) == count_quotes(raw.front());
  return heredoc;
}

std::vector<Heredoc> heredocs_of_line(std::string_view line) {
  std::vector<std::string> words;
  try {
    words = shell_words(line, {.keep_quotes = true, .keep_escapes = true});
  } catch (const base::Error&) {
    return {};  // a shell's matter, and the shell will say so
  }
  std::vector<Heredoc> heredocs;
  for (const std::string& word : words) {
    if (std::optional<Heredoc> heredoc = parse_heredoc(word)) heredocs.push_back(std::move(*heredoc));
  }
  return heredocs;
}

std::string chomped(std::string_view content) {
  std::string out;
  bool at_start = true;
  for (const char c : content) {
    if (at_start && c == '\t') continue;
    at_start = c == '\n';
    out += c;
  }
  return out;
}

}  // namespace davit::dockerfile
