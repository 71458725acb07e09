#include "dockerfile/ignore_patterns.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/characters.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

// A line's pattern as the list has it: clean, relative to the root; empty for a line that has none.
std::string pattern_of_line(std::string_view line) {
  if (line.starts_with('#')) return {};
  line = trim_space(line);
  if (line.empty()) return {};
  const bool exception = line.front() == '!';
  if (exception) line = trim_space(line.substr(1));
  std::string path = line.empty() ? std::string() : clean_path(line);
  if (path.size() > 1 && path.front() == '/') path.erase(0, 1);
  return exception ? "!" + path : path;
}

}  // namespace

IgnorePatterns::IgnorePatterns(std::span<const std::string> patterns) {
  for (const std::string& pattern : patterns) add(pattern);
}

IgnorePatterns IgnorePatterns::parse(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  IgnorePatterns patterns;
  std::size_t number = 0;
  for (const std::string& line : base::split(text, '\n')) {
    ++number;
    try {
      patterns.add(pattern_of_line(line));
    } catch (const Error& error) {
      throw Error::format(error.code(), "line {}: {}: {}", number, base::printable(trim_space(line)), error.message());
    }
  }
  return patterns;
}

void IgnorePatterns::add(std::string_view pattern) {
  pattern = trim_space(pattern);
  if (pattern.empty()) return;
  const std::string clean = clean_path(pattern);
  const bool exception = clean.front() == '!';
  if (clean == "!") throw Error(Code::kInvalidArgument, "illegal exclusion pattern: \"!\"");
  rows_.push_back({PathPattern(std::string_view(clean).substr(exception ? 1 : 0), DoubleStar::kAnyFolders), exception});
  has_exceptions_ |= exception;
}

bool IgnorePatterns::leaves_out_all() const {
  return std::any_of(rows_.begin(), rows_.end(), [](const Row& row) {
    const std::string& text = row.pattern.text();
    return !row.exception && (text == "*" || text == "**" || text == "**/*");
  });
}

std::vector<std::string> IgnorePatterns::texts() const {
  std::vector<std::string> texts;
  for (const Row& row : rows_) texts.push_back((row.exception ? "!" : "") + row.pattern.text());
  return texts;
}

// A pattern that matches a folder above matches the path. One that would change nothing is not looked at: what it would
// have matched is then not remembered for what lies below, as in BuildKit's walk.
bool IgnorePatterns::match(const std::vector<bool>& above, std::string_view path, std::vector<bool>* found) const {
  bool ignored = false;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!above[i] && (row.exception != ignored || !row.pattern.matches(path))) continue;
    if (found != nullptr) (*found)[i] = true;
    ignored = !row.exception;
  }
  return ignored;
}

IgnorePatterns::Folder IgnorePatterns::root() const {
  Folder folder;
  folder.matched_.resize(rows_.size());
  return folder;
}

IgnorePatterns::Folder IgnorePatterns::enter(const Folder& parent, std::string_view path) const {
  Folder folder = root();
  folder.ignored_ = match(parent.matched_, path, &folder.matched_);
  return folder;
}

bool IgnorePatterns::ignores(const Folder& parent, std::string_view path) const {
  return match(parent.matched_, path, nullptr);
}

bool IgnorePatterns::ignores(std::string_view path) const {
  Folder folder = root();
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    folder = enter(folder, path.substr(0, slash));
  }
  return ignores(folder, path);
}

// The last pattern that leaves the folder out does so with all below it; only an exception after that one brings any
// back.
bool IgnorePatterns::can_skip(const Folder& folder, std::string_view path) const {
  if (!folder.ignored_) return false;
  for (std::size_t i = rows_.size(); i-- > 0;) {
    const Row& row = rows_[i];
    if (!row.exception && folder.matched_[i]) return true;
    if (row.exception && row.pattern.may_match_below(path)) return false;
  }
  return true;
}

}  // namespace davit::dockerfile
