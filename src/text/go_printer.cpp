#include "text/go_printer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "base/error.h"
#include "text/duration.h"
#include "text/go_format.h"
#include "text/runes.h"

namespace davit::text {

namespace {

constexpr int kMostExponent = 6;  // below it a number is written without one

}  // namespace

void Printer::raw(std::string_view text) {
  if (out_.size() + text.size() > kMostOutput)
    throw base::Error::format(base::Code::kInvalidArgument, "output larger than {} bytes", kMostOutput);
  out_ += text;
}

void Printer::argument(const Value& boxed, char32_t verb) {
  const Value value = boxed.inside();
  if (!value.valid()) {
    if (verb == 'T' || verb == 'v') {
      padded("<nil>");
    } else {
      bad_verb(verb, value);
    }
    return;
  }
  if (verb == 'T') {
    padded(value.type().name);
    return;
  }
  print(value, verb, 0);
}

void Printer::padded(std::string_view text, bool zeros) {
  const std::size_t width = flags.width ? static_cast<std::size_t>(*flags.width) : 0;
  const std::size_t runes = width == 0 ? 0 : count_runes(text);
  const std::string fill(width > runes ? width - runes : 0, zeros && !flags.minus ? '0' : ' ');
  if (!flags.minus) raw(fill);
  raw(text);
  if (flags.minus) raw(fill);
}

void Printer::bad_verb(char32_t verb, const Value& value) {
  std::string shown = "%!";
  append_rune(shown, verb);
  raw(shown + "(");
  if (value.valid()) {
    raw(value.type().name + "=");
    by_method_ = false;
    print(value, 'v', 0);
    by_method_ = true;
  } else {
    raw("<nil>");
  }
  raw(")");
}

void Printer::print(const Value& value, char32_t verb, int depth) {
  switch (value.kind()) {
    case Kind::kInvalid:
      raw("<nil>");
      return;
    case Kind::kInterface:
      if (const Value inside = value.inside(); inside.valid()) {
        print(inside, verb, depth);
      } else if (verb == 'v') {
        raw(flags.sharp_v ? "interface {}(nil)" : "<nil>");
      } else {
        bad_verb(verb, inside);
      }
      return;
    case Kind::kBool:
      if (verb != 't' && verb != 'v') return bad_verb(verb, value);
      return padded(value.boolean() ? "true" : "false");
    case Kind::kInt:
      return print_integer(value, verb);
    case Kind::kFloat:
      return print_float(value, verb);
    case Kind::kString:
      return print_string(value, verb);
    case Kind::kSlice:
      return print_items(value, verb, depth);
    case Kind::kMap:
      return print_map(value, verb, depth);
    case Kind::kStruct:
      return print_struct(value, verb, depth);
    case Kind::kPointer:
      return print_pointer(value, verb, depth);
  }
}

void Printer::print_integer(const Value& value, char32_t verb) {
  const std::int64_t number = value.integer();
  if (&value.type() == &types::kDuration && by_method_ && (verb == 'v' || verb == 's' || verb == 'q') && !flags.sharp_v)
    return print_string(Value::of(go_duration(std::chrono::nanoseconds(number))), verb);
  switch (verb) {
    case 'v':
    case 'd':
      return print_digits(number, 10, "");
    case 'b':
      return print_digits(number, 2, flags.sharp ? "0b" : "");
    case 'o':
      return print_digits(number, 8, flags.sharp ? "0" : "");
    case 'O':
      return print_digits(number, 8, "0o");
    case 'x':
      return print_digits(number, 16, flags.sharp ? "0x" : "");
    case 'X':
      return print_digits(number, 16, flags.sharp ? "0X" : "", true);
    case 'c':
    case 'q': {
      std::string character;
      append_rune(character, number < 0 || number > 0x10FFFF ? kReplacement : static_cast<char32_t>(number));
      return padded(verb == 'c' ? character : go_quote(character, '\'', flags.plus));
    }
    case 'U':
      return padded(code_point(number));
    default:
      return bad_verb(verb, value);
  }
}

std::string Printer::code_point(std::int64_t number) const {
  std::string text = fmt::format("U+{:04X}", static_cast<std::uint64_t>(number));
  if (!flags.sharp || number < 0 || number > 0x10FFFF || !is_printable(static_cast<char32_t>(number))) return text;
  text += " '";
  append_rune(text, static_cast<char32_t>(number));
  return text + "'";
}

void Printer::print_digits(std::int64_t number, int base, std::string_view prefix, bool upper) {
  const bool negative = number < 0;
  const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::array<char, 72> buffer{};
  std::string digits(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), size, base).ptr);
  if (upper)
    std::transform(digits.begin(), digits.end(), digits.begin(), [](unsigned char c) { return std::toupper(c); });
  const std::string sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  std::size_t least = 0;
  if (flags.precision) {
    least = static_cast<std::size_t>(*flags.precision);
    if (least == 0 && number == 0) {  // no digits at all
      raw(std::string(flags.width ? static_cast<std::size_t>(*flags.width) : 0, ' '));
      return;
    }
  } else if (flags.zero && !flags.minus && flags.width) {
    least = static_cast<std::size_t>(*flags.width) - std::min(static_cast<std::size_t>(*flags.width), sign.size());
  }
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  if (prefix == "0" && digits.starts_with('0')) prefix = "";
  padded(sign + std::string(prefix) + digits);
}

std::string Printer::printed(const char* format, int precision, double number) {
  const int length = std::snprintf(nullptr, 0, format, precision, number);
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  std::snprintf(text.data(), text.size(), format, precision, number);
  text.pop_back();
  return text;
}

std::string Printer::shortest(double number) {
  std::array<char, 400> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific).ptr;
  std::string scientific(buffer.data(), end);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= kMostExponent) return scientific;
  const auto plain = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed).ptr;
  return std::string(buffer.data(), plain);
}

void Printer::print_float(const Value& value, char32_t verb) {
  double number = value.number();
  if (std::isnan(number) || std::isinf(number)) {
    std::string text = std::isnan(number) ? "NaN" : number < 0 ? "-Inf" : "+Inf";
    if (text == "+Inf" && !flags.plus) text = flags.space ? " Inf" : "+Inf";
    return padded(text);
  }
  std::string text;
  const int precision = flags.precision.value_or(6);
  switch (verb) {
    case 'v':
    case 'g':
    case 'G':
      text = flags.precision ? printed("%.*g", precision, std::abs(number)) : shortest(std::abs(number));
      break;
    case 'f':
    case 'F':
      text = printed("%.*f", precision, std::abs(number));
      break;
    case 'e':
    case 'E':
      text = printed("%.*e", precision, std::abs(number));
      break;
    default:
      return bad_verb(verb, value);
  }
  if (verb == 'E' || verb == 'G') std::replace(text.begin(), text.end(), 'e', 'E');
  const std::string sign = std::signbit(number) ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  if (flags.zero && !flags.minus && flags.width && static_cast<std::size_t>(*flags.width) > sign.size() + text.size())
    text.insert(0, static_cast<std::size_t>(*flags.width) - sign.size() - text.size(), '0');
  padded(sign + text);
}

std::string_view Printer::cut(std::string_view text) const {
  if (!flags.precision) return text;
  std::string_view rest = text;
  for (int i = 0; i < *flags.precision && !rest.empty(); ++i) rest.remove_prefix(front_rune(rest).bytes);
  return text.substr(0, text.size() - rest.size());
}

void Printer::print_string(const Value& value, char32_t verb) {
  const std::string text = &value.type() == &types::kTime ? time_text(value.string()) : value.string();
  switch (verb) {
    case 'v':
      if (flags.sharp_v) return padded(go_quote(text));
      [[fallthrough]];
    case 's':
      return padded(cut(text), flags.zero);
    case 'q': {
      const std::string_view shown = cut(text);
      const bool fits_raw = std::all_of(
          shown.begin(), shown.end(), [](unsigned char c) { return c != '`' && c != 0x7f && (c >= ' ' || c == '\t'); });
      return padded(flags.sharp && fits_raw ? "`" + std::string(shown) + "`" : go_quote(shown, '"', flags.plus),
                    flags.zero);
    }
    case 'x':
    case 'X':
      return padded(hex(text, verb == 'X'), flags.zero);
    default:
      return bad_verb(verb, value);
  }
}

std::string Printer::time_text(std::string text) {
  std::replace(text.begin(), text.end(), 'T', ' ');
  if (text.ends_with('Z')) text.pop_back();
  return text + " +0000 UTC";
}

std::string Printer::hex(std::string_view text, bool upper) const {
  if (flags.precision) text = text.substr(0, static_cast<std::size_t>(*flags.precision));
  const std::string prefix = !flags.sharp ? "" : upper ? "0X" : "0x";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && flags.space) out += ' ';
    if (i == 0 || flags.space) out += prefix;
    const auto byte = static_cast<unsigned char>(text[i]);
    out += upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  return out;
}

void Printer::print_items(const Value& value, char32_t verb, int depth) {
  if (flags.sharp_v) {
    raw(value.type().name);
    if (value.is_nil()) return raw("(nil)");
  }
  raw(flags.sharp_v ? "{" : "[");
  bool first = true;
  for (const Value& item : value.items()) {
    if (!first) raw(flags.sharp_v ? ", " : " ");
    first = false;
    print(item, verb, depth + 1);
  }
  raw(flags.sharp_v ? "}" : "]");
}

void Printer::print_map(const Value& value, char32_t verb, int depth) {
  if (flags.sharp_v) {
    raw(value.type().name);
    if (value.is_nil()) return raw("(nil)");
  }
  raw(flags.sharp_v ? "{" : "map[");
  bool first = true;
  for (const auto& [key, member] : value.members()) {
    if (!first) raw(flags.sharp_v ? ", " : " ");
    first = false;
    print(Value::of(key), verb, depth + 1);
    raw(":");
    print(member, verb, depth + 1);
  }
  raw(flags.sharp_v ? "}" : "]");
}

void Printer::print_struct(const Value& value, char32_t verb, int depth) {
  if (flags.sharp_v) raw(value.type().name);
  raw("{");
  for (std::size_t i = 0; i < value.type().fields.size(); ++i) {
    if (i > 0) raw(flags.sharp_v ? ", " : " ");
    if (flags.sharp_v || flags.plus_v) raw(value.type().fields[i].name + ":");
    print(value.items()[i], verb, depth + 1);
  }
  raw("}");
}

void Printer::print_pointer(const Value& value, char32_t verb, int depth) {
  const bool nil = value.is_nil();
  if (depth == 0 && !nil) {
    const Kind kind = value.target().kind();
    if (kind == Kind::kSlice || kind == Kind::kMap || kind == Kind::kStruct) {
      raw("&");
      return print(value.target(), verb, depth + 1);
    }
  }
  constexpr std::int64_t kAddress = 0xc000000000;  // there is none: Go's is another one each time
  if (verb < 0x80 && std::string_view("bodxX").find(static_cast<char>(verb)) != std::string_view::npos)
    return print_integer(Value::of(nil ? 0 : kAddress), verb);
  if (verb != 'v') return bad_verb(verb, value);
  const std::string address = nil ? (flags.sharp_v ? "nil" : "<nil>") : fmt::format("{:#x}", kAddress);
  if (flags.sharp_v) return raw(fmt::format("({})({})", value.type().name, address));
  padded(address);
}

}  // namespace davit::text
