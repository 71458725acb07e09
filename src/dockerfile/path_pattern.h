#pragma once
// Patterns of paths, compiled: Go's filepath.Match, and with "**" as moby/patternmatcher has it. '/' parts names.
// Matching takes time in proportion to path times pattern, whatever they are. Values; safe to use from several threads
// at once.
//   *      any characters but '/'
//   ?      any one character but '/'
//   [a-z]  one of a class; [^a-z] one outside of it; a backslash escapes in it too
//   \c     c itself
//   **     any number of folders, or at the end of the pattern anything

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

enum class DoubleStar { kAnyFolders, kAsStar };

class PathPattern {
 public:
  // Throws Error(kInvalidArgument): "syntax error in pattern".
  PathPattern(std::string_view text, DoubleStar double_star);

  bool matches(std::string_view path) const;
  // Whether some path below the folder may match.
  bool may_match_below(std::string_view folder) const;
  const std::string& text() const { return text_; }

 private:
  enum class Kind { kCharacter, kAny, kClass, kStar, kFolders, kInFolders, kRest };
  enum class Shape { kExact, kPrefix, kSuffix, kTokens };  // those before the last need no tokens
  struct ClassRange {
    char32_t first;
    char32_t last;
  };
  struct Token {
    Kind kind;
    char32_t character = 0;
    bool negated = false;  // of a class
    std::vector<ClassRange> ranges = {};
  };
  using States = std::span<std::uint64_t>;  // a bit for each token that may come next, and one for the end

  void compile(DoubleStar double_star);
  void add_double_star(std::string_view& rest, bool first);
  void add_class(std::string_view& rest);
  void note_edges();
  bool matches_tokens(std::string_view path) const;
  template <typename Judge>
  bool after(std::string_view path, std::string_view more, Judge judge) const;
  bool is_in(const Token& token, char32_t character) const;
  void follow(States states) const;
  void step(std::span<const std::uint64_t> from, States to, char32_t character) const;

  std::string text_;
  std::vector<Token> tokens_;
  Shape shape_ = Shape::kExact;
  std::string prefix_;  // what each match begins with
  std::string suffix_;  // what each match ends with
};

// As Go's filepath.Clean: "a//b/../c/." is "a/c"; empty is ".".
std::string clean_path(std::string_view path);

}  // namespace davit::dockerfile
