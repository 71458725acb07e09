#pragma once
// One value as Go's fmt package prints it, by a verb and its flags. Private to src/text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/template_value.h"

namespace davit::text {

struct PrintFlags {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  bool plus_v = false, sharp_v = false;  // of %+v and %#v
  std::optional<int> width, precision;
};

class Printer {
 public:
  PrintFlags flags;

  std::string take() { return std::move(out_); }
  void raw(std::string_view text);

  // The argument at the top.
  void argument(const Value& boxed, char32_t verb);

 private:
  // Pads with blanks, or with zeros on the left.
  void padded(std::string_view text, bool zeros = false);
  void bad_verb(char32_t verb, const Value& value);
  void print(const Value& value, char32_t verb, int depth);
  void print_integer(const Value& value, char32_t verb);

  // "U+263A", and with a sharp the character too.
  std::string code_point(std::int64_t number) const;
  void print_digits(std::int64_t number, int base, std::string_view prefix, bool upper = false);
  static std::string printed(const char* format, int precision, double number);

  // The shortest digits that read back the same.
  static std::string shortest(double number);
  void print_float(const Value& value, char32_t verb);

  // At most `precision` characters.
  std::string_view cut(std::string_view text) const;
  void print_string(const Value& value, char32_t verb);

  // "2026-11-23T17:30:55.5Z" as Go prints a time: "2026-11-23 17:30:55.5 +0000 UTC".
  static std::string time_text(std::string text);
  std::string hex(std::string_view text, bool upper) const;
  void print_items(const Value& value, char32_t verb, int depth);
  void print_map(const Value& value, char32_t verb, int depth);
  void print_struct(const Value& value, char32_t verb, int depth);
  void print_pointer(const Value& value, char32_t verb, int depth);

  bool by_method_ = true;  // a duration as "30s", not as its number
  std::string out_;
};

}  // namespace davit::text
