#include "dockerfile/path_pattern.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/characters.h"

namespace davit::dockerfile {

namespace {

constexpr std::size_t kBits = 64;

[[noreturn]] void refuse_pattern() { throw base::Error(base::Code::kInvalidArgument, "syntax error in pattern"); }

char32_t take(std::string_view& text) {
  const Character first = first_character(text);
  text.remove_prefix(first.bytes);
  return first.value;
}

// A character of a class, escaped or not; something must follow it.
char32_t take_of_class(std::string_view& rest) {
  if (rest.empty() || rest.front() == '-' || rest.front() == ']') refuse_pattern();
  if (rest.front() == '\\') rest.remove_prefix(1);
  if (rest.empty()) refuse_pattern();
  const char32_t character = take(rest);
  if (rest.empty()) refuse_pattern();
  return character;
}

void set(std::span<std::uint64_t> states, std::size_t state) {
  states[state / kBits] |= std::uint64_t{1} << state % kBits;
}

bool is_set(std::span<const std::uint64_t> states, std::size_t state) {
  return (states[state / kBits] >> state % kBits & 1) != 0;
}

}  // namespace

PathPattern::PathPattern(std::string_view text, DoubleStar double_star) : text_(text) { compile(double_star); }

void PathPattern::compile(DoubleStar double_star) {
  std::string_view rest = text_;
  bool special = false;  // other than a "**" at the very start or end
  while (!rest.empty()) {
    const bool first = rest.size() == text_.size();
    if (double_star == DoubleStar::kAnyFolders && rest.starts_with("**")) {
      add_double_star(rest, first);
      special |= !first && !(rest.empty() && shape_ == Shape::kPrefix);
      continue;
    }
    if (rest.front() == '[') {
      add_class(rest);
      special = true;
      continue;
    }
    const bool escaped = rest.front() == '\\';
    if (escaped) rest.remove_prefix(1);
    if (rest.empty()) refuse_pattern();
    const char32_t c = take(rest);
    const Kind kind = escaped ? Kind::kCharacter : c == '*' ? Kind::kStar : c == '?' ? Kind::kAny : Kind::kCharacter;
    special |= escaped || kind != Kind::kCharacter;
    if (kind == Kind::kStar && !tokens_.empty() && tokens_.back().kind == Kind::kStar) continue;
    tokens_.push_back({kind, c});
  }
  if (special) shape_ = Shape::kTokens;
  note_edges();
}

// The first "**" makes a suffix of what follows, one at the end a prefix of what precedes it, if all else is literal.
void PathPattern::add_double_star(std::string_view& rest, bool first) {
  const bool alone = shape_ == Shape::kExact;
  rest.remove_prefix(2);
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.empty()) {
    tokens_.push_back({Kind::kRest});
    if (alone) shape_ = Shape::kPrefix;
  } else {
    tokens_.push_back({Kind::kFolders});
    tokens_.push_back({Kind::kInFolders});
  }
  if (first) shape_ = Shape::kSuffix;
}

void PathPattern::add_class(std::string_view& rest) {
  rest.remove_prefix(1);
  Token token{Kind::kClass};
  token.negated = rest.starts_with('^');
  if (token.negated) rest.remove_prefix(1);
  while (token.ranges.empty() || !rest.starts_with(']')) {
    const char32_t first = take_of_class(rest);
    char32_t last = first;
    if (rest.front() == '-') {
      rest.remove_prefix(1);
      last = take_of_class(rest);
    }
    token.ranges.push_back({first, last});
  }
  rest.remove_prefix(1);
  tokens_.push_back(std::move(token));
}

// What each match begins and ends with: most paths differ there already.
void PathPattern::note_edges() {
  if (shape_ == Shape::kExact) return;
  if (shape_ == Shape::kPrefix) {
    prefix_ = text_.substr(0, text_.size() - 2);
    return;
  }
  if (shape_ == Shape::kSuffix) {
    suffix_ = text_.substr(2);
    return;
  }
  std::size_t begin = 0;
  while (begin < tokens_.size() && tokens_[begin].kind == Kind::kCharacter) {
    append_character(prefix_, tokens_[begin++].character);
  }
  std::size_t end = tokens_.size();
  while (end > begin && tokens_[end - 1].kind == Kind::kCharacter) --end;
  for (std::size_t i = end; i < tokens_.size(); ++i) append_character(suffix_, tokens_[i].character);
}

bool PathPattern::is_in(const Token& token, char32_t c) const {
  const bool found = std::any_of(token.ranges.begin(), token.ranges.end(),
                                 [c](const ClassRange& range) { return range.first <= c && c <= range.last; });
  return found != token.negated;
}

// Adds the states that are reached without a character: each lies behind the one that it is reached from.
void PathPattern::follow(States states) const {
  for (std::size_t word = 0; word < states.size(); ++word) {
    std::uint64_t seen = 0;
    while (const std::uint64_t pending = states[word] & ~seen) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(pending));
      seen |= std::uint64_t{1} << bit;
      const std::size_t state = word * kBits + bit;
      if (state == tokens_.size()) break;
      const Kind kind = tokens_[state].kind;
      if (kind == Kind::kStar || kind == Kind::kRest || kind == Kind::kFolders) set(states, state + 1);
      if (kind == Kind::kFolders) set(states, state + 2);
    }
  }
}

void PathPattern::step(std::span<const std::uint64_t> from, States to, char32_t c) const {
  std::fill(to.begin(), to.end(), 0);
  for (std::size_t word = 0; word < from.size(); ++word) {
    for (std::uint64_t rest = from[word]; rest != 0; rest &= rest - 1) {
      const std::size_t state = word * kBits + static_cast<std::size_t>(std::countr_zero(rest));
      if (state == tokens_.size()) break;
      const Token& token = tokens_[state];
      const bool stays =
          (token.kind == Kind::kStar && c != '/') || token.kind == Kind::kRest || token.kind == Kind::kInFolders;
      const bool passes = (token.kind == Kind::kCharacter && token.character == c) ||
                          (token.kind == Kind::kAny && c != '/') || (token.kind == Kind::kInFolders && c == '/') ||
                          (token.kind == Kind::kClass && is_in(token, c));
      if (stays) set(to, state);
      if (passes) set(to, state + 1);
    }
  }
  follow(to);
}

// What the judge says of the states after the path and what is added to it.
template <typename Judge>
bool PathPattern::after(std::string_view path, std::string_view more, Judge judge) const {
  const std::size_t words = tokens_.size() / kBits + 1;
  std::uint64_t few[2] = {};  // most patterns are short: no allocation for those
  std::vector<std::uint64_t> many(words > 1 ? 2 * words : 0);
  std::uint64_t* storage = words > 1 ? many.data() : few;
  States now(storage, words);
  States next(storage + words, words);
  set(now, 0);
  follow(now);
  for (std::string_view rest : {path, more}) {
    while (!rest.empty()) {
      step(now, next, take(rest));
      std::swap(now, next);
      if (std::all_of(now.begin(), now.end(), [](std::uint64_t bits) { return bits == 0; })) return false;
    }
  }
  return judge(now);
}

bool PathPattern::matches_tokens(std::string_view path) const {
  if (path.size() < prefix_.size() + suffix_.size()) return false;
  if (!path.starts_with(prefix_) || !path.ends_with(suffix_)) return false;
  return after(path, {}, [this](States states) { return is_set(states, tokens_.size()); });
}

bool PathPattern::matches(std::string_view path) const {
  switch (shape_) {
    case Shape::kExact:
      return path == text_;
    case Shape::kPrefix:
      return path.starts_with(prefix_);
    case Shape::kSuffix:
      return path.ends_with(suffix_) || (suffix_.starts_with('/') && path == suffix_.substr(1));
    case Shape::kTokens:
      return matches_tokens(path);
  }
  return false;
}

bool PathPattern::may_match_below(std::string_view folder) const {
  if (shape_ == Shape::kSuffix) return true;
  return after(folder, "/", [this](States states) {
    for (std::size_t state = 0; state < tokens_.size(); ++state) {
      if (is_set(states, state)) return true;
    }
    return false;
  });
}

std::string clean_path(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string> kept;
  for (std::string& part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(std::move(part));
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!rooted) {
      kept.push_back(std::move(part));
    }
  }
  const std::string joined = base::join(kept, "/");
  if (rooted) return "/" + joined;
  return joined.empty() ? "." : joined;
}

}  // namespace davit::dockerfile
