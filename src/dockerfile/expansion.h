#pragma once
// Variables in a Dockerfile's words: $v, ${v} and ${v} with a modifier, and what quotes and escapes do (Dockerfile
// reference, "Environment replacement"):
//   ${v:-w} ${v-w}   w where v is unset (with the colon: or empty)
//   ${v:+w} ${v+w}   w where v is set, else nothing
//   ${v:?w} ${v?w}   an error that says w
//   ${v#p} ${v##p}   without the shortest (longest) beginning that matches p
//   ${v%p} ${v%%p}   without the shortest (longest) end
//   ${v/p/w} ${v//p/w}  the first (each) match replaced
// Patterns have * and ? alone, which match no line end.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

// What words are expanded with.
class Variables {
 public:
  virtual ~Variables() = default;
  virtual std::optional<std::string> get(std::string_view name) const = 0;  // nothing: unset
  virtual std::vector<std::string> names() const = 0;                       // for guesses at what was meant
};

// Names and values in the order in which the names were first set, as an image's configuration lists them.
class Environment : public Variables {
 public:
  Environment() = default;
  explicit Environment(std::vector<std::pair<std::string, std::string>> entries);

  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  std::optional<std::string> get(std::string_view name) const override;
  std::vector<std::string> names() const override;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

// Which variables a word asked for.
struct VariableUse {
  std::set<std::string> matched;
  std::set<std::string> unmatched;  // were unset
};

struct ExpandOptions {
  char escape = '\\';           // the file's escape character (directives.h)
  bool keep_quotes = false;     // quotes group, and stay
  bool keep_escapes = false;    // escape characters escape, and stay
  bool literal_quotes = false;  // quotes are characters like others: a here-document's content
  bool keep_unset = false;      // what asks for an unset variable stays as it is
};

// The text as one word, without its quotes. Throws Error(kInvalidArgument) in BuildKit's words: `failed to process
// "${v": syntax error: missing '}'`. Substitutions within substitutions: at most 100 deep.
std::string expand_word(std::string_view text, const Variables& variables, const ExpandOptions& options = {},
                        VariableUse* use = nullptr);

// The text as words: split at spaces after the expansion, where they are not quoted. Empty words are dropped.
std::vector<std::string> expand_words(std::string_view text, const Variables& variables,
                                      const ExpandOptions& options = {}, VariableUse* use = nullptr);

}  // namespace davit::dockerfile
