#include "dockerfile/arguments.h"

#include <algorithm>
#include <optional>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/characters.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

constexpr std::string_view kBlank = "\t\v\f\r ";  // what parts words where no quotes are heeded

enum class Quotes { kKept, kDropped };

// Reads words at spaces, heeding quotes and escapes.
class WordReader {
 public:
  WordReader(std::string_view text, char escape, Quotes quotes)
      : rest_(text), escape_(static_cast<char32_t>(escape)), quotes_(quotes) {}

  std::string_view rest() const { return rest_; }
  void skip_space() { rest_ = trim_left_space(rest_); }

  // The word that begins here; may be empty when all of it was dropped, and blank when that was quotes.
  struct Word {
    std::string text;
    bool quoted = false;
  };
  Word word() {
    word_ = {};
    quote_ = 0;
    while (!rest_.empty() && (quote_ != 0 || !is_space(peek()))) character();
    return std::move(word_);
  }

 private:
  char32_t peek() const { return first_character(rest_).value; }
  char32_t take() {
    const Character first = first_character(rest_);
    rest_.remove_prefix(first.bytes);
    return first.value;
  }

  void character() {
    const char32_t c = take();
    const bool keeps = quotes_ == Quotes::kKept;
    if (quote_ == 0 && (c == '\'' || c == '"')) {
      quote_ = c;
      word_.quoted = true;
      if (keeps) append_character(word_.text, c);
      return;
    }
    if (c == quote_) {
      quote_ = 0;
      if (keeps) append_character(word_.text, c);
      return;
    }
    // Where quotes stay for a later expansion, single quotes are its: nothing is escaped in them.
    if (c == escape_ && !(keeps && quote_ == '\'')) {
      if (rest_.empty()) return;
      if (keeps) append_character(word_.text, c);
      append_character(word_.text, take());
      return;
    }
    append_character(word_.text, c);
  }

  std::string_view rest_;
  char32_t escape_;
  Quotes quotes_;
  char32_t quote_ = 0;
  Word word_;
};

struct BlankSplit {
  std::string_view first;
  std::string_view rest;
  bool split = false;
};

BlankSplit split_at_blank(std::string_view text) {
  const std::size_t begin = text.find_first_of(kBlank);
  if (begin == std::string_view::npos) return {text, {}, false};
  const std::size_t end = text.find_first_not_of(kBlank, begin);
  return {text.substr(0, begin), end == std::string_view::npos ? std::string_view() : text.substr(end), true};
}

// The flags at the start of a line; what follows them is left to read.
std::vector<std::string> take_flags(WordReader& reader) {
  std::vector<std::string> flags;
  for (;;) {
    reader.skip_space();
    if (!reader.rest().starts_with("--")) return flags;
    WordReader::Word word = reader.word();
    if (word.text == "--") return flags;
    flags.push_back(std::move(word.text));
  }
}

// A JSON array of texts; nothing when the text is none, and so a shell form. Throws when it has other things in it.
std::optional<std::vector<std::string>> json_words(std::string_view text) {
  text = trim_left_space(text);
  if (!text.starts_with('[')) return {};
  boost::json::error_code failed;
  boost::json::parse_options options;
  options.max_depth = 1000;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, failed, {}, options);
  if (failed || !value.is_array()) return {};
  std::vector<std::string> words;
  for (const boost::json::value& entry : value.as_array()) {
    if (!entry.is_string()) {
      throw Error(Code::kInvalidArgument, "when using JSON array syntax, arrays must be comprised of strings only");
    }
    words.emplace_back(entry.as_string());
  }
  return words;
}

Arguments one_text(std::string_view rest) {
  Arguments arguments;
  if (!rest.empty()) arguments.words.emplace_back(rest);
  return arguments;
}

Arguments words_of(std::string_view rest) {
  Arguments arguments;
  if (!rest.empty()) arguments.words = split_spaces(rest);
  return arguments;
}

template <typename Otherwise>
Arguments json_or(std::string_view rest, Otherwise otherwise) {
  std::optional<std::vector<std::string>> words = json_words(rest);
  if (!words) return otherwise(rest);
  return {.words = std::move(*words), .json = true};
}

Arguments key_values(std::string_view keyword, std::string_view rest, char escape) {
  Arguments arguments;
  const std::vector<std::string> words = split_words(rest, escape);
  if (words.empty()) return arguments;
  if (words.front().find('=') == std::string::npos) {
    const BlankSplit parts = split_at_blank(rest);
    if (!parts.split) throw Error::format(Code::kInvalidArgument, "{} must have two arguments", keyword);
    arguments.pairs.push_back({std::string(parts.first), std::string(parts.rest), true});
    return arguments;
  }
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      throw Error::format(Code::kInvalidArgument, "Syntax error - can't find = in {}. Must be of the form: name=value",
                          quoted(word));
    }
    arguments.pairs.push_back({word.substr(0, equals), word.substr(equals + 1), false});
  }
  return arguments;
}

Arguments health_check(std::string_view rest) {
  std::size_t end = 0;
  while (end < rest.size()) {
    const Character next = first_character(rest.substr(end));
    if (is_space(next.value)) break;
    end += next.bytes;
  }
  if (end == 0) return {};
  Arguments arguments = json_or(trim_left_space(rest.substr(end)), one_text);
  arguments.words.insert(arguments.words.begin(), std::string(rest.substr(0, end)));
  return arguments;
}

// The trigger's keyword and its arguments; its flags are looked at when it runs.
Arguments trigger(std::string_view rest, char escape) {
  if (rest.empty()) return {};
  const SplitLine line = split_line(rest, escape);
  Arguments arguments = split_arguments(line.keyword, line.rest, escape);
  arguments.words.insert(arguments.words.begin(), line.keyword);
  return arguments;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text, char escape) {
  std::vector<std::string> words;
  WordReader reader(text, escape, Quotes::kKept);
  for (reader.skip_space(); !reader.rest().empty(); reader.skip_space()) {
    WordReader::Word word = reader.word();
    if (word.quoted || !word.text.empty()) words.push_back(std::move(word.text));
  }
  return words;
}

std::vector<std::string> split_spaces(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    const BlankSplit parts = split_at_blank(text);
    words.emplace_back(parts.first);
    if (!parts.split) return words;
    text = parts.rest;
  }
}

SplitLine split_line(std::string_view line, char escape) {
  const BlankSplit parts = split_at_blank(trim_space(line));
  SplitLine split;
  split.keyword = parts.first;
  WordReader reader(parts.rest, escape, Quotes::kDropped);
  split.flags = take_flags(reader);
  split.rest = trim_space(reader.rest());
  return split;
}

Arguments split_arguments(std::string_view keyword, std::string_view rest, char escape) {
  const std::string name = base::to_upper(keyword);
  if (name == "ENV" || name == "LABEL") return key_values(name, rest, escape);
  if (name == "ARG") return {.words = split_words(rest, escape)};
  if (name == "ONBUILD") return trigger(rest, escape);
  if (name == "HEALTHCHECK") return health_check(rest);
  if (name == "ADD" || name == "COPY" || name == "VOLUME") return json_or(rest, words_of);
  if (name == "RUN" || name == "CMD" || name == "ENTRYPOINT" || name == "SHELL") return json_or(rest, one_text);
  if (name == "FROM" || name == "EXPOSE") return words_of(rest);
  if (name == "USER" || name == "WORKDIR" || name == "STOPSIGNAL" || name == "MAINTAINER") return one_text(rest);
  return {};
}

std::string_view without_keyword(std::string_view line) {
  line = trim_left_space(line);
  constexpr std::size_t kKeywordBytes = std::string_view("ONBUILD").size();
  return trim_left_space(line.substr(std::min(line.size(), kKeywordBytes)));
}

}  // namespace davit::dockerfile
