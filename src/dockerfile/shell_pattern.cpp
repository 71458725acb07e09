#include "dockerfile/shell_pattern.h"

#include <algorithm>

#include "base/error.h"
#include "dockerfile/characters.h"

namespace davit::dockerfile {

namespace {

constexpr std::size_t kNowhere = std::u32string_view::npos;

}  // namespace

ShellPattern::ShellPattern(std::string_view text) {
  const std::u32string characters = to_characters(text);
  for (std::size_t i = 0; i < characters.size(); ++i) {
    char32_t c = characters[i];
    if (c == '*') {
      pieces_.emplace_back();
      continue;
    }
    const bool any = c == '?';
    if (c == '\\') {
      c = i + 1 < characters.size() ? characters[++i] : 0;
      // } and / end parts of ${…}: escaped there, and not for the pattern's sake.
      if (c != '}' && c != '/' && c != '*' && c != '?' && c != '\\') {
        throw base::Error::format(base::Code::kInvalidArgument,
                                  "invalid pattern ({}) in substitution: invalid escape '\\{}'", text,
                                  c == 0 ? std::string() : from_characters({&c, 1}));
      }
    }
    has_line_end_ |= c == '\n';
    pieces_.back().push_back({c, any});
  }
}

bool ShellPattern::piece_at(const Piece& piece, std::u32string_view text, std::size_t at) {
  if (piece.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (piece[i].any ? text[at + i] == '\n' : text[at + i] != piece[i].value) return false;
  }
  return true;
}

// The nearest or the farthest place of the piece that a star reaches from there: one on the same line.
std::size_t ShellPattern::find_piece(const Piece& piece, std::u32string_view text, std::size_t from,
                                     MatchLength length) {
  const std::size_t line_end = std::min(text.find(U'\n', from), text.size());
  if (length == MatchLength::kShortest) {
    for (std::size_t at = from; at <= line_end; ++at) {
      if (piece_at(piece, text, at)) return at;
    }
    return kNowhere;
  }
  for (std::size_t at = line_end + 1; at-- > from;) {
    if (piece_at(piece, text, at)) return at;
  }
  return kNowhere;
}

// Pieces before the last are taken where they are first found: what follows them then has the most room.
ShellPattern::Match ShellPattern::match_at(std::u32string_view text, std::size_t begin, MatchLength length) const {
  Match match;
  if (!piece_at(pieces_.front(), text, begin)) return match;
  match.began = true;
  std::size_t at = begin + pieces_.front().size();
  for (std::size_t i = 1; i < pieces_.size(); ++i) {
    const bool last = i + 1 == pieces_.size();
    const std::size_t found = find_piece(pieces_[i], text, at, last ? length : MatchLength::kShortest);
    if (found == kNowhere) return match;
    at = found + pieces_[i].size();
  }
  match.found = true;
  match.begin = begin;
  match.end = at;
  return match;
}

ShellPattern::Match ShellPattern::find(std::u32string_view text, std::size_t from) const {
  for (std::size_t begin = from; begin <= text.size(); ++begin) {
    const Match match = match_at(text, begin, MatchLength::kLongest);
    if (match.found) return match;
    // What a star does not reach from here it reaches from nowhere further on this line.
    if (match.began && !has_line_end_) begin = std::min(text.find(U'\n', begin), text.size());
  }
  return {};
}

ShellPattern ShellPattern::reversed() const {
  ShellPattern other = *this;
  std::reverse(other.pieces_.begin(), other.pieces_.end());
  for (Piece& piece : other.pieces_) std::reverse(piece.begin(), piece.end());
  return other;
}

std::string ShellPattern::without_prefix(std::string_view value, MatchLength length) const {
  const std::u32string text = to_characters(value);
  const Match match = match_at(text, 0, length);
  return match.found ? from_characters(std::u32string_view(text).substr(match.end)) : std::string(value);
}

std::string ShellPattern::without_suffix(std::string_view value, MatchLength length) const {
  std::u32string text = to_characters(value);
  std::reverse(text.begin(), text.end());
  const Match match = reversed().match_at(text, 0, length);
  if (!match.found) return std::string(value);
  text.erase(0, match.end);
  std::reverse(text.begin(), text.end());
  return from_characters(text);
}

std::string ShellPattern::replace_first(std::string_view value, std::string_view replacement) const {
  const std::u32string text = to_characters(value);
  const Match match = find(text, 0);
  if (!match.found) return std::string(value);
  const std::u32string_view view = text;
  return from_characters(view.substr(0, match.begin)).append(replacement) + from_characters(view.substr(match.end));
}

// Go's rule for empty matches: one right behind another match is none, and the search goes on one character later.
std::string ShellPattern::replace_all(std::string_view value, std::string_view replacement) const {
  const std::u32string text = to_characters(value);
  const std::u32string_view view = text;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t from = 0; from <= text.size();) {
    const Match match = find(text, from);
    if (!match.found) break;
    out += from_characters(view.substr(copied, match.begin - copied));
    if (match.end > copied || match.begin == 0) out += replacement;
    copied = match.end;
    from = std::max(from + 1, match.end);
  }
  return out + from_characters(view.substr(copied));
}

}  // namespace davit::dockerfile
