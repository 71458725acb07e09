#include "base/error.h"
#include "operations/filters.h"

namespace davit::operations {

namespace {

[[noreturn]] void bad_pattern() { throw base::Error(base::Code::kInvalidArgument, "syntax error in pattern"); }

// The length of the UTF-8 character at the front; 1 for what is none.
std::size_t front_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return length <= text.size() ? length : 1;
}

std::string_view take(std::string_view& text) {
  const std::string_view front = text.substr(0, front_length(text));
  text.remove_prefix(front.size());
  return front;
}

// A character of a set, which a backslash may stand before.
std::string_view take_of_set(std::string_view& pattern) {
  if (pattern.empty() || pattern.front() == '-' || pattern.front() == ']') bad_pattern();
  if (pattern.front() == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) bad_pattern();
  const std::string_view character = take(pattern);
  if (pattern.empty()) bad_pattern();  // the bracket is still to come
  return character;
}

// Whether the set whose '[' was just taken has the character; leaves the pattern after ']'. UTF-8 keeps the order of
// code points, so that bytes may be compared.
bool set_has(std::string_view& pattern, std::string_view character) {
  const bool negated = !pattern.empty() && pattern.front() == '^';
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (bool first = true;; first = false) {
    if (!first && !pattern.empty() && pattern.front() == ']') break;
    const std::string_view low = take_of_set(pattern);
    std::string_view high = low;
    if (pattern.front() == '-') {
      pattern.remove_prefix(1);
      high = take_of_set(pattern);
    }
    found = found || (low <= character && character <= high);
  }
  pattern.remove_prefix(1);
  return found != negated;
}

// One element of the pattern that is no star, against the front of the text.
bool step(std::string_view& pattern, std::string_view& text) {
  switch (pattern.front()) {
    case '[': {
      pattern.remove_prefix(1);
      const bool ended = text.empty();
      const std::string_view character = ended ? std::string_view() : take(text);
      const bool has = set_has(pattern, character);
      return !ended && has;
    }
    case '?':
      pattern.remove_prefix(1);
      if (text.empty() || text.front() == '/') return false;
      take(text);
      return true;
    case '\\':
      pattern.remove_prefix(1);
      if (pattern.empty()) bad_pattern();
      [[fallthrough]];
    default: {
      const std::string_view wanted = take(pattern);
      return !text.empty() && take(text) == wanted;
    }
  }
}

// A malformed pattern is one whether or not the text has failed to match before its fault.
void check(std::string_view pattern) {
  while (!pattern.empty()) {
    std::string_view nothing;
    if (pattern.front() == '*') {
      pattern.remove_prefix(1);
    } else {
      step(pattern, nothing);
    }
  }
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view text) {
  check(pattern);
  // On a mismatch the last star takes one character more: earlier stars need not, as each star is followed by the
  // earliest match of what stands after it.
  std::optional<std::string_view> star;
  std::string_view after_star;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      star = pattern;
      after_star = text;
      continue;
    }
    if (pattern.empty() ? text.empty() : step(pattern, text)) {
      if (pattern.empty() && text.empty()) return true;
      continue;
    }
    if (!star || after_star.empty() || after_star.front() == '/') return false;
    take(after_star);
    pattern = *star;
    text = after_star;
  }
}

}  // namespace davit::operations
