#pragma once
// The patterns of ${v#p}, ${v%p} and ${v/p/w}: * and ?, and a backslash before one of those or itself. Internal to this
// folder.

#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

enum class MatchLength { kShortest, kLongest };

class ShellPattern {
 public:
  // Throws Error(kInvalidArgument): a backslash before any other character.
  explicit ShellPattern(std::string_view text);

  std::string without_prefix(std::string_view value, MatchLength length) const;
  std::string without_suffix(std::string_view value, MatchLength length) const;
  std::string replace_first(std::string_view value, std::string_view replacement) const;
  std::string replace_all(std::string_view value, std::string_view replacement) const;

 private:
  struct Token {
    char32_t value = 0;
    bool any = false;  // "?"
  };
  using Piece = std::vector<Token>;  // what stands between two stars
  struct Match {
    bool found = false;
    bool began = false;  // the first piece matched
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  static bool piece_at(const Piece& piece, std::u32string_view text, std::size_t at);
  static std::size_t find_piece(const Piece& piece, std::u32string_view text, std::size_t from, MatchLength length);
  Match match_at(std::u32string_view text, std::size_t begin, MatchLength length) const;
  Match find(std::u32string_view text, std::size_t from) const;
  ShellPattern reversed() const;

  std::vector<Piece> pieces_ = {{}};
  bool has_line_end_ = false;
};

}  // namespace davit::dockerfile
