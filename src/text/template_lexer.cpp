#include "text/template_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "text/runes.h"

namespace davit::text {

namespace {

constexpr std::string_view kLeft = "{{", kRight = "}}", kLeftComment = "/*", kRightComment = "*/";
constexpr std::size_t kMarker = 2;  // a trim marker: '-' and the blank beside it
constexpr char32_t kNothing = 0xFFFFFFFF;

constexpr std::array<std::pair<std::string_view, Word>, 11> kKeywords = {{{"block", Word::kBlock},
                                                                          {"break", Word::kBreak},
                                                                          {"continue", Word::kContinue},
                                                                          {"define", Word::kDefine},
                                                                          {"else", Word::kElse},
                                                                          {"end", Word::kEndKeyword},
                                                                          {"if", Word::kIf},
                                                                          {"range", Word::kRange},
                                                                          {"nil", Word::kNil},
                                                                          {"template", Word::kTemplate},
                                                                          {"with", Word::kWith}}};

bool is_blank(char32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_word(char32_t c) { return c == '_' || (c != kNothing && is_letter_or_digit(c)); }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

// As Go's %#U: U+0040 '@'.
std::string shown_rune(char32_t c) {
  if (c == kNothing) return "U+FFFFFFFFFFFFFFFF";
  std::string out = fmt::format("U+{:04X}", static_cast<std::uint32_t>(c));
  if (is_printable(c)) {
    out += " '";
    append_rune(out, c);
    out += "'";
  }
  return out;
}

}  // namespace

std::string Token::shown() const {
  if (word == Word::kEnd) return "EOF";
  if (word == Word::kError) return text;
  if (word >= Word::kBlock) return "<" + text + ">";
  if (text.size() <= 10) return go_quote(text);
  std::string_view rest = text;  // ten characters of it
  for (int i = 0; i < 10 && !rest.empty(); ++i) rest.remove_prefix(front_rune(rest).bytes);
  return go_quote(std::string_view(text).substr(0, text.size() - rest.size())) + "...";
}

Token Lexer::make(Word word) {
  Token token{word, start_, start_line_, std::string(text_.substr(start_, position_ - start_))};
  start_ = position_;
  start_line_ = line_;
  return token;
}

Token Lexer::fail(std::string message) {
  failed_ = true;
  return {Word::kError, start_, start_line_, std::move(message)};
}

void Lexer::skip_to(std::size_t position) {
  line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(position_),
                                               text_.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
  position_ = position;
}

bool Lexer::starts(std::string_view what, std::size_t offset) const {
  return position_ + offset <= text_.size() && text_.substr(position_ + offset).starts_with(what);
}

char32_t Lexer::peek() const {
  return position_ >= text_.size() ? kNothing : front_rune(text_.substr(position_)).value;
}

char32_t Lexer::take() {
  if (position_ >= text_.size()) return kNothing;
  const Rune rune = front_rune(text_.substr(position_));
  position_ += rune.bytes;
  if (rune.value == '\n') ++line_;
  return rune.value;
}

bool Lexer::at_right_delimiter(bool* trims) const {
  *trims = position_ + kMarker <= text_.size() && is_blank(static_cast<unsigned char>(text_[position_])) &&
           text_[position_ + 1] == '-' && starts(kRight, kMarker);
  return *trims || starts(kRight);
}

bool Lexer::at_terminator() const {
  const char32_t c = peek();
  if (c == kNothing || is_blank(c)) return true;
  for (const char terminator : {'.', ',', '|', ':', ')', '('}) {
    if (c == static_cast<char32_t>(terminator)) return true;
  }
  return starts(kRight);
}

Token Lexer::next() {
  if (failed_) return {Word::kEnd, position_, start_line_, ""};
  return inside_action_ ? inside_action() : text_token();
}

// Text up to the next action, or the delimiter of that action.
Token Lexer::text_token() {
  while (true) {
    const std::size_t at = text_.find(kLeft, position_);
    if (at == std::string_view::npos) {
      skip_to(text_.size());
      return make(position_ > start_ ? Word::kText : Word::kEnd);
    }
    if (at > position_) {
      const std::size_t after = at + kLeft.size();
      const bool trims =
          after + 1 < text_.size() && text_[after] == '-' && is_blank(static_cast<unsigned char>(text_[after + 1]));
      std::size_t end = at;
      while (trims && end > start_ && is_blank(static_cast<unsigned char>(text_[end - 1]))) --end;
      skip_to(end);
      Token token = make(Word::kText);
      skip_to(at);
      make(Word::kSpace);  // what was trimmed
      if (!token.text.empty()) return token;
    }
    Token error;
    if (comment(&error)) {
      if (failed_) return error;
      continue;
    }
    return left_delimiter();
  }
}

// Whether a comment stands here; it is passed over.
bool Lexer::comment(Token* error) {
  std::size_t inside = position_ + kLeft.size();
  if (inside + 1 < text_.size() && text_[inside] == '-' && is_blank(static_cast<unsigned char>(text_[inside + 1])))
    inside += kMarker;
  if (!text_.substr(std::min(inside, text_.size())).starts_with(kLeftComment)) return false;
  skip_to(inside);
  start_ = position_;
  start_line_ = line_;
  const std::size_t end = text_.find(kRightComment, inside + kLeftComment.size());
  if (end == std::string_view::npos) {
    *error = fail("unclosed comment");
    return true;
  }
  skip_to(end + kRightComment.size());
  bool trims = false;
  if (!at_right_delimiter(&trims)) {
    *error = fail("comment ends before closing delimiter");
    return true;
  }
  std::size_t after = position_ + (trims ? kMarker : 0) + kRight.size();
  while (trims && after < text_.size() && is_blank(static_cast<unsigned char>(text_[after]))) ++after;
  skip_to(after);
  start_ = position_;
  start_line_ = line_;
  return true;
}

Token Lexer::left_delimiter() {
  skip_to(position_ + kLeft.size());
  Token token = make(Word::kLeftDelimiter);
  if (starts("-") && position_ + 1 < text_.size() && is_blank(static_cast<unsigned char>(text_[position_ + 1]))) {
    skip_to(position_ + kMarker);
    make(Word::kSpace);
  }
  inside_action_ = true;
  parentheses_ = 0;
  return token;
}

Token Lexer::right_delimiter() {
  bool trims = false;
  at_right_delimiter(&trims);
  if (trims) {
    skip_to(position_ + kMarker);
    make(Word::kSpace);
  }
  skip_to(position_ + kRight.size());
  Token token = make(Word::kRightDelimiter);
  if (trims) {
    std::size_t after = position_;
    while (after < text_.size() && is_blank(static_cast<unsigned char>(text_[after]))) ++after;
    skip_to(after);
    make(Word::kSpace);
  }
  inside_action_ = false;
  return token;
}

Token Lexer::inside_action() {
  bool trims = false;
  if (at_right_delimiter(&trims)) return parentheses_ == 0 ? right_delimiter() : fail("unclosed left paren");
  const char32_t c = peek();
  if (c == kNothing) return fail("unclosed action");
  if (is_blank(c)) return space();
  if (c == '+' || c == '-' || is_digit(c)) return number();
  if (is_word(c)) return identifier();
  if (c == '.') {
    const bool is_number = position_ + 1 < text_.size() && is_digit(static_cast<unsigned char>(text_[position_ + 1]));
    const bool is_last = position_ + 1 >= text_.size();
    if (is_number || is_last) return number();
    take();
    return field_or_variable(Word::kField);
  }
  take();
  switch (c) {
    case '=':
      return make(Word::kAssign);
    case ':':
      if (take() != '=') return fail("expected :=");
      return make(Word::kDeclare);
    case '|':
      return make(Word::kPipe);
    case '"':
      return quoted('"', Word::kString, "unterminated quoted string");
    case '\'':
      return quoted('\'', Word::kCharConstant, "unterminated character constant");
    case '`':
      return raw_string();
    case '$':
      return field_or_variable(Word::kVariable);
    case '(':
      ++parentheses_;
      return make(Word::kLeftParenthesis);
    case ')':
      if (--parentheses_ < 0) return fail("unexpected right paren");
      return make(Word::kRightParenthesis);
    default:
      break;
  }
  if (c > ' ' && c < 0x7f) return make(Word::kChar);
  return fail("unrecognized character in action: " + shown_rune(c));
}

Token Lexer::space() {
  std::size_t blanks = 0;
  for (; is_blank(peek()); ++blanks) take();
  // The last of them may belong to a delimiter that trims: " -}}".
  if (starts("-") && starts(kRight, 1)) {
    --position_;
    if (text_[position_] == '\n') --line_;
    if (blanks == 1) return right_delimiter();
  }
  return make(Word::kSpace);
}

Token Lexer::identifier() {
  while (is_word(peek())) take();
  if (!at_terminator()) return fail("bad character " + shown_rune(peek()));
  const std::string_view word = text_.substr(start_, position_ - start_);
  for (const auto& [keyword, kind] : kKeywords) {
    if (word == keyword) return make(kind);
  }
  return make(word == "true" || word == "false" ? Word::kBool : Word::kIdentifier);
}

Token Lexer::field_or_variable(Word word) {
  if (at_terminator()) return make(word == Word::kVariable ? word : Word::kDot);
  while (is_word(peek())) take();
  if (!at_terminator()) return fail("bad character " + shown_rune(peek()));
  return make(word);
}

Token Lexer::quoted(char quote, Word word, const char* what) {
  while (true) {
    char32_t c = take();
    if (c == '\\') {
      c = take();
      if (c != kNothing && c != '\n') continue;
    }
    if (c == kNothing || c == '\n') return fail(what);
    if (c == static_cast<char32_t>(quote)) return make(word);
  }
}

Token Lexer::raw_string() {
  while (true) {
    const char32_t c = take();
    if (c == kNothing) return fail("unterminated raw quoted string");
    if (c == '`') return make(Word::kRawString);
  }
}

bool Lexer::accept(std::string_view set) {
  const char32_t c = peek();
  if (c >= 0x80 || set.find(static_cast<char>(c)) == std::string_view::npos) return false;
  take();
  return true;
}

void Lexer::accept_run(std::string_view set) {
  while (accept(set)) {
  }
}

// Takes what looks like a number; whether it is one is found when its value is made.
bool Lexer::scan_number() {
  accept("+-");
  std::string_view digits = "0123456789_";
  if (accept("0")) {
    if (accept("xX")) {
      digits = "0123456789abcdefABCDEF_";
    } else if (accept("oO")) {
      digits = "01234567_";
    } else if (accept("bB")) {
      digits = "01_";
    }
  }
  accept_run(digits);
  if (accept(".")) accept_run(digits);
  const bool has_exponent = (digits.size() == 11 && accept("eE")) || (digits.size() == 23 && accept("pP"));
  if (has_exponent) {
    accept("+-");
    accept_run("0123456789_");
  }
  accept("i");
  if (!is_word(peek())) return true;
  take();
  return false;
}

Token Lexer::number() {
  const auto bad = [&] { return fail("bad number syntax: " + go_quote(text_.substr(start_, position_ - start_))); };
  if (!scan_number()) return bad();
  if (peek() == '+' || peek() == '-') {
    if (!scan_number() || text_[position_ - 1] != 'i') return bad();
    return make(Word::kComplex);
  }
  return make(Word::kNumber);
}

}  // namespace davit::text
