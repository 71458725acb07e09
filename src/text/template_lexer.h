#pragma once
// The words of a template, by the grammar of Go's text/template. Private to src/text.

#include <cstddef>
#include <string>
#include <string_view>

namespace davit::text {

enum class Word {
  kError,  // its text is the message
  kBool,
  kChar,  // a comma and the like
  kCharConstant,
  kComplex,
  kAssign,   // =
  kDeclare,  // :=
  kEnd,      // of the template
  kField,    // .Name
  kIdentifier,
  kLeftDelimiter,
  kLeftParenthesis,
  kNumber,
  kPipe,
  kRawString,
  kRightDelimiter,
  kRightParenthesis,
  kSpace,
  kString,
  kText,
  kVariable,  // $name
  // Keywords from here on.
  kBlock,
  kBreak,
  kContinue,
  kDefine,
  kDot,
  kElse,
  kEndKeyword,
  kIf,
  kNil,
  kRange,
  kTemplate,
  kWith,
};

struct Token {
  Word word = Word::kEnd;
  std::size_t position = 0;
  std::size_t line = 1;
  std::string text;

  // As Go names it in messages.
  std::string shown() const;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}  // which outlives it

  Token next();

 private:
  Token make(Word word);
  Token fail(std::string message);
  void skip_to(std::size_t position);
  bool starts(std::string_view what, std::size_t offset = 0) const;
  bool at_right_delimiter(bool* trims) const;
  bool at_terminator() const;
  char32_t peek() const;
  char32_t take();

  Token text_token();
  Token left_delimiter();
  bool comment(Token* error);
  Token right_delimiter();
  Token inside_action();
  Token space();
  Token identifier();
  Token field_or_variable(Word word);
  Token quoted(char quote, Word word, const char* what);
  Token raw_string();
  Token number();
  bool scan_number();
  bool accept(std::string_view set);
  void accept_run(std::string_view set);

  std::string_view text_;
  std::size_t position_ = 0, start_ = 0;
  std::size_t line_ = 1, start_line_ = 1;
  int parentheses_ = 0;
  bool inside_action_ = false;
  bool failed_ = false;
};

}  // namespace davit::text
