#include "dockerfile/words.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/characters.h"

namespace davit::dockerfile {

namespace {

constexpr std::size_t kFar = 3;  // edits; a word this far off is another word

// Levenshtein's. Far words are not measured: the difference of their lengths is enough.
std::size_t distance(std::string_view a, std::string_view b) {
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer - std::min(a.size(), b.size()) >= kFar) return kFar;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string in_case_of(std::string_view typed, const std::string& word) {
  return typed == base::to_upper(typed) ? base::to_upper(word) : base::to_lower(word);
}

void append_escaped(std::string& out, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
          append_escaped(out, static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string nearest_word(std::string_view typed, std::span<const std::string> choices, WordCase which) {
  constexpr std::size_t kLongest = 100;  // bytes; nobody means a word that long by mistake
  if (typed.size() > kLongest) return {};
  const std::string word = which == WordCase::kAny ? base::to_lower(typed) : std::string(typed);
  std::string best;
  std::size_t least = kFar;
  for (const std::string& choice : choices) {
    const std::string other = which == WordCase::kAny ? base::to_lower(choice) : choice;
    if (word == other) return {};
    const std::size_t edits = distance(word, other);
    if (edits >= least) continue;
    least = edits;
    best = which == WordCase::kAny ? in_case_of(typed, choice) : choice;
  }
  return best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string> choices, WordCase which) {
  const std::string best = nearest_word(typed, choices, which);
  return best.empty() ? std::string() : " (did you mean " + best + "?)";
}

bool parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  throw base::Error::format(base::Code::kInvalidArgument, "parsing {}: invalid syntax", quoted(text));
}

}  // namespace davit::dockerfile
