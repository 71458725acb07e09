#include "operations/instruction_words.h"

#include "base/error.h"
#include "oci/json.h"

namespace davit::operations {

using base::Code;
using base::Error;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != 0) throw Error(Code::kInvalidArgument, "a quote is not closed");
  if (open) words.push_back(std::move(word));
  return words;
}

std::optional<std::vector<std::string>> json_words(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  try {
    const auto document = oci::json::Document::parse(text, "argument");
    return document.root().strings();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace davit::operations
