#include "dockerfile/expansion.h"

#include <algorithm>

#include "base/error.h"
#include "dockerfile/characters.h"
#include "dockerfile/shell_pattern.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kDeepest = 100;  // substitutions within substitutions
constexpr char32_t kEnd = 0xffffffff;

[[noreturn]] void refuse(std::string text) { throw Error(Code::kInvalidArgument, std::move(text)); }

// What an expansion makes: the text as one word and as words that spaces part.
class ExpandedText {
 public:
  void add(char32_t character) {  // a space outside of quotes ends a word
    append_character(text, character);
    if (is_space(character)) {
      end_word();
    } else {
      append_character(word_, character);
    }
  }
  void add(std::string_view value) {
    for (const char32_t character : to_characters(value)) add(character);
  }
  void add_raw(char32_t character) {
    append_character(text, character);
    append_character(word_, character);
  }
  void add_raw(std::string_view value) {
    text += value;
    word_ += value;
  }
  void end_word() {
    if (!word_.empty()) words.push_back(std::move(word_));
    word_.clear();
  }

  std::string text;
  std::vector<std::string> words;

 private:
  std::string word_;
};

bool is_special_parameter(char32_t c) {
  return c < 0x80 && std::string_view("@*#?-$!0").find(static_cast<char>(c)) != std::string_view::npos;
}
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_quote(char32_t c) { return c == '\'' || c == '"'; }

// One pass over a text: a recursive descent along the grammar in expansion.h.
class Expansion {
 public:
  Expansion(std::string_view text, const Variables& variables, const ExpandOptions& options, VariableUse* use)
      : rest_(text), variables_(variables), options_(options), use_(use) {}

  ExpandedText run() { return until(kEnd, options_.keep_escapes); }

 private:
  char32_t peek() const { return rest_.empty() ? kEnd : first_character(rest_).value; }
  char32_t next() {
    if (rest_.empty()) return kEnd;
    const Character first = first_character(rest_);
    rest_.remove_prefix(first.bytes);
    return first.value;
  }

  ExpandedText until(char32_t stop, bool keep_escapes);
  void one(ExpandedText& out, bool keep_escapes);
  void escaped(ExpandedText& out, bool keep_escapes);
  std::string single_quoted();
  std::string double_quoted(bool keep_escapes);
  std::string arrows();
  std::string dollar();
  std::string braces();
  std::string with_modifier(const std::string& name, char32_t modifier);
  std::string with_word(const std::string& name, char32_t modifier, bool empty_is_unset, const std::string& written);
  std::string with_replacement(const std::string& name);
  std::string part(char32_t stop, bool keep_escapes);
  std::string name();
  std::optional<std::string> value_of(const std::string& name);

  std::string_view rest_;
  const Variables& variables_;
  const ExpandOptions& options_;
  VariableUse* use_;
  std::size_t depth_ = 0;
};

ExpandedText Expansion::until(char32_t stop, bool keep_escapes) {
  if (++depth_ > kDeepest) refuse("substitutions are nested too deeply");
  ExpandedText out;
  while (peek() != kEnd && peek() != stop) one(out, keep_escapes);
  if (stop != kEnd && next() == kEnd) {
    refuse("unexpected end of statement while looking for matching " + from_characters({&stop, 1}));
  }
  out.end_word();
  --depth_;
  return out;
}

void Expansion::one(ExpandedText& out, bool keep_escapes) {
  const char32_t c = peek();
  if (c == '$') {
    out.add(dollar());
  } else if (c == '<') {
    out.add_raw(arrows());
  } else if (is_quote(c) && !options_.literal_quotes) {
    out.add_raw(c == '"' ? double_quoted(keep_escapes) : single_quoted());
  } else if (c == static_cast<char32_t>(options_.escape)) {
    escaped(out, keep_escapes);
  } else {
    out.add(next());
  }
}

// The escape character before any other makes it an ordinary one; at the end it is nothing.
void Expansion::escaped(ExpandedText& out, bool keep_escapes) {
  const char32_t escape = next();
  if (keep_escapes) out.add_raw(escape);
  if (peek() != kEnd) out.add_raw(next());
}

std::string Expansion::single_quoted() {
  std::string out;
  const char32_t quote = next();
  if (options_.keep_quotes) append_character(out, quote);
  for (char32_t c = next(); c != '\''; c = next()) {
    if (c == kEnd) refuse("unexpected end of statement while looking for matching single-quote");
    append_character(out, c);
  }
  if (options_.keep_quotes) append_character(out, quote);
  return out;
}

// Within double quotes variables are replaced, and a quote, a dollar sign and the escape character can be escaped.
std::string Expansion::double_quoted(bool keep_escapes) {
  std::string out;
  const char32_t quote = next();
  const auto escape = static_cast<char32_t>(options_.escape);
  if (options_.keep_quotes) append_character(out, quote);
  while (peek() != '"') {
    if (peek() == kEnd) refuse("unexpected end of statement while looking for matching double-quote");
    if (peek() == '$') {
      out += dollar();
      continue;
    }
    char32_t c = next();
    if (c == escape) {
      if (keep_escapes) append_character(out, c);
      if (peek() == kEnd) continue;
      if (peek() == '"' || peek() == '$' || peek() == escape) c = next();
    }
    append_character(out, c);
  }
  next();
  if (options_.keep_quotes) append_character(out, quote);
  return out;
}

// "<" or "<<", and in the latter case the spaces after it: they part a here-document's arrows from its name.
std::string Expansion::arrows() {
  next();
  if (peek() != '<') return "<";
  next();
  std::string out = "<<";
  while (peek() == ' ' || peek() == '\t' || peek() == '\r') append_character(out, next());
  return out;
}

std::string Expansion::dollar() {
  next();
  if (peek() == '{') return braces();
  const std::string asked = name();
  if (asked.empty()) return "$";
  const std::optional<std::string> value = value_of(asked);
  if (!value && options_.keep_unset) return "$" + asked;
  return value.value_or("");
}

std::string Expansion::braces() {
  next();
  if (peek() == kEnd) refuse("syntax error: missing '}'");
  if (peek() == '{' || peek() == '}' || peek() == ':') refuse("syntax error: bad substitution");
  const std::string asked = name();
  const char32_t modifier = next();
  if (modifier == kEnd) refuse("syntax error: missing '}'");
  if (modifier != '}') return with_modifier(asked, modifier);
  const std::optional<std::string> value = value_of(asked);
  if (!value && options_.keep_unset) return "${" + asked + "}";
  return value.value_or("");
}

std::string Expansion::with_modifier(const std::string& asked, char32_t modifier) {
  if (modifier == '/') return with_replacement(asked);
  const bool empty_is_unset = modifier == ':';
  std::string written = from_characters({&modifier, 1});
  if (empty_is_unset) {
    modifier = next();
    if (modifier == kEnd) refuse("syntax error: missing '}'");
    append_character(written, modifier);
  }
  const bool trims = modifier == '#' || modifier == '%';
  const bool known = modifier == '-' || modifier == '+' || modifier == '?' || (trims && !empty_is_unset);
  if (!known) refuse("unsupported modifier (" + written + ") in substitution");
  return with_word(asked, modifier, empty_is_unset, written);
}

std::string Expansion::part(char32_t stop, bool keep_escapes) {
  try {
    return until(stop, keep_escapes).text;
  } catch (const Error&) {
    if (!rest_.empty()) throw;
    refuse(stop == '/' ? "syntax error: missing '/' in ${}" : "syntax error: missing '}'");
  }
}

std::string Expansion::with_word(const std::string& asked, char32_t modifier, bool empty_is_unset,
                                 const std::string& written) {
  const bool trims = modifier == '#' || modifier == '%';
  std::string word = part('}', trims);
  const std::optional<std::string> value = value_of(asked);
  if (!value && options_.keep_unset) return "${" + asked + written + word + "}";
  const bool has = value && !(empty_is_unset && value->empty());
  if (modifier == '-') return has ? *value : word;
  if (modifier == '+') return has ? word : "";
  if (modifier == '?') {
    if (has) return *value;
    const std::string_view usual = value ? "is not allowed to be empty" : "is not allowed to be unset";
    refuse(asked + ": " + (word.empty() ? std::string(usual) : word));
  }
  const bool longest = !word.empty() && static_cast<char32_t>(word.front()) == modifier;
  const MatchLength length = longest ? MatchLength::kLongest : MatchLength::kShortest;
  const ShellPattern pattern(std::string_view(word).substr(longest ? 1 : 0));
  return modifier == '#' ? pattern.without_prefix(value.value_or(""), length)
                         : pattern.without_suffix(value.value_or(""), length);
}

std::string Expansion::with_replacement(const std::string& asked) {
  const bool all = peek() == '/';
  if (all) next();
  const std::string text = part('/', true);
  const std::string replacement = part('}', true);
  const std::optional<std::string> value = value_of(asked);
  if (!value && options_.keep_unset) return "${" + asked + "/" + text + "/" + replacement + "}";
  const ShellPattern pattern(text);
  return all ? pattern.replace_all(value.value_or(""), replacement)
             : pattern.replace_first(value.value_or(""), replacement);
}

// Digits alone, one special character alone, or letters, digits and underscores.
std::string Expansion::name() {
  std::string out;
  if (is_digit(peek())) {
    while (is_digit(peek())) append_character(out, next());
    return out;
  }
  if (is_special_parameter(peek())) {
    append_character(out, next());
    return out;
  }
  while (peek() != kEnd && (is_letter_or_digit(peek()) || peek() == '_')) append_character(out, next());
  return out;
}

std::optional<std::string> Expansion::value_of(const std::string& asked) {
  std::optional<std::string> value = variables_.get(asked);
  if (use_ != nullptr) (value ? use_->matched : use_->unmatched).insert(asked);
  return value;
}

// The text as an error repeats it.
std::string repeated(std::string_view text) {
  constexpr std::size_t kMost = 1000;  // bytes
  if (text.size() <= kMost) return quoted(text);
  std::size_t end = kMost;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // no half characters
  return quoted(text.substr(0, end)) + "...";
}

ExpandedText expand(std::string_view text, const Variables& variables, const ExpandOptions& options, VariableUse* use) {
  try {
    return Expansion(text, variables, options, use).run();
  } catch (const Error& error) {
    throw Error::format(error.code(), "failed to process {}: {}", repeated(text), error.message());
  }
}

}  // namespace

Environment::Environment(std::vector<std::pair<std::string, std::string>> entries) {
  for (auto& [name, value] : entries) set(name, std::move(value));
}

void Environment::set(std::string_view name, std::string value) {
  if (const auto found = places_.find(name); found != places_.end()) {
    entries_[found->second].second = std::move(value);
    return;
  }
  places_.emplace(name, entries_.size());
  entries_.emplace_back(name, std::move(value));
}

void Environment::remove(std::string_view name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return;
  const std::size_t place = found->second;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place));
  places_.erase(found);
  for (auto& [other, index] : places_) {
    if (index > place) --index;
  }
}

std::optional<std::string> Environment::get(std::string_view name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) return {};
  return entries_[found->second].second;
}

std::vector<std::string> Environment::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : entries_) names.push_back(name);
  return names;
}

std::string expand_word(std::string_view text, const Variables& variables, const ExpandOptions& options,
                        VariableUse* use) {
  return expand(text, variables, options, use).text;
}

std::vector<std::string> expand_words(std::string_view text, const Variables& variables, const ExpandOptions& options,
                                      VariableUse* use) {
  return expand(text, variables, options, use).words;
}

}  // namespace davit::dockerfile
