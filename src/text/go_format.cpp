#include "text/go_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "text/duration.h"
#include "text/runes.h"

namespace davit::text {

namespace {

constexpr int kMostWidth = 1'000'000;
constexpr int kMostExponent = 6;  // below it a number is written without one

struct Flags {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  bool plus_v = false, sharp_v = false;  // of %+v and %#v
  std::optional<int> width, precision;
};

class Printer {
 public:
  Flags flags;

  std::string take() { return std::move(out_); }
  void raw(std::string_view text) {
    if (out_.size() + text.size() > kMostOutput)
      throw base::Error::format(base::Code::kInvalidArgument, "output larger than {} bytes", kMostOutput);
    out_ += text;
  }

  // The argument at the top.
  void argument(const Value& boxed, char32_t verb) {
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

 private:
  // Pads with blanks, or with zeros on the left.
  void padded(std::string_view text, bool zeros = false) {
    const std::size_t width = flags.width ? static_cast<std::size_t>(*flags.width) : 0;
    const std::size_t runes = width == 0 ? 0 : count_runes(text);
    const std::string fill(width > runes ? width - runes : 0, zeros && !flags.minus ? '0' : ' ');
    if (!flags.minus) raw(fill);
    raw(text);
    if (flags.minus) raw(fill);
  }

  void bad_verb(char32_t verb, const Value& value) {
    std::string shown = "%!";
    append_rune(shown, verb);
    raw(shown + "(");
    if (value.valid()) {
      raw(value.type().name + "=");
      const Flags kept = std::exchange(flags, Flags());
      print(value, 'v', 0);
      flags = kept;
    } else {
      raw("<nil>");
    }
    raw(")");
  }

  void print(const Value& value, char32_t verb, int depth) {
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

  void print_integer(const Value& value, char32_t verb) {
    const std::int64_t number = value.integer();
    if (&value.type() == &types::kDuration && (verb == 'v' || verb == 's' || verb == 'q') && !flags.sharp_v)
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
        return padded(verb == 'c' ? character : go_quote(character, '\''));
      }
      case 'U':
        return padded(code_point(number));
      default:
        return bad_verb(verb, value);
    }
  }

  // "U+263A", and with a sharp the character too.
  std::string code_point(std::int64_t number) const {
    std::string text = fmt::format("U+{:04X}", static_cast<std::uint64_t>(number));
    if (!flags.sharp || number < 0 || number > 0x10FFFF || !is_printable(static_cast<char32_t>(number))) return text;
    text += " '";
    append_rune(text, static_cast<char32_t>(number));
    return text + "'";
  }

  void print_digits(std::int64_t number, int base, std::string_view prefix, bool upper = false) {
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

  static std::string printed(const char* format, int precision, double number) {
    const int length = std::snprintf(nullptr, 0, format, precision, number);
    std::string text(static_cast<std::size_t>(length) + 1, '\0');
    std::snprintf(text.data(), text.size(), format, precision, number);
    text.pop_back();
    return text;
  }

  // The shortest digits that read back the same.
  static std::string shortest(double number) {
    std::array<char, 400> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific).ptr;
    std::string scientific(buffer.data(), end);
    const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
    if (exponent < -4 || exponent >= kMostExponent) return scientific;
    const auto plain =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed).ptr;
    return std::string(buffer.data(), plain);
  }

  void print_float(const Value& value, char32_t verb) {
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

  // At most `precision` characters.
  std::string_view cut(std::string_view text) const {
    if (!flags.precision) return text;
    std::string_view rest = text;
    for (int i = 0; i < *flags.precision && !rest.empty(); ++i) rest.remove_prefix(front_rune(rest).bytes);
    return text.substr(0, text.size() - rest.size());
  }

  void print_string(const Value& value, char32_t verb) {
    const std::string text = &value.type() == &types::kTime ? time_text(value.string()) : value.string();
    switch (verb) {
      case 'v':
        if (flags.sharp_v) return padded(go_quote(text));
        [[fallthrough]];
      case 's':
        return padded(cut(text), flags.zero);
      case 'q': {
        const std::string_view shown = cut(text);
        const bool fits_raw = std::all_of(shown.begin(), shown.end(), [](unsigned char c) {
          return c != '`' && c != 0x7f && (c >= ' ' || c == '\t');
        });
        return padded(flags.sharp && fits_raw ? "`" + std::string(shown) + "`" : go_quote(shown), flags.zero);
      }
      case 'x':
      case 'X':
        return padded(hex(text, verb == 'X'), flags.zero);
      default:
        return bad_verb(verb, value);
    }
  }

  // "2026-11-23T17:30:55.5Z" as Go prints a time: "2026-11-23 17:30:55.5 +0000 UTC".
  static std::string time_text(std::string text) {
    std::replace(text.begin(), text.end(), 'T', ' ');
    if (text.ends_with('Z')) text.pop_back();
    return text + " +0000 UTC";
  }

  std::string hex(std::string_view text, bool upper) const {
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

  void print_items(const Value& value, char32_t verb, int depth) {
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

  void print_map(const Value& value, char32_t verb, int depth) {
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

  void print_struct(const Value& value, char32_t verb, int depth) {
    if (flags.sharp_v) raw(value.type().name);
    raw("{");
    for (std::size_t i = 0; i < value.type().fields.size(); ++i) {
      if (i > 0) raw(flags.sharp_v ? ", " : " ");
      if (flags.sharp_v || flags.plus_v) raw(value.type().fields[i].name + ":");
      print(value.items()[i], verb, depth + 1);
    }
    raw("}");
  }

  void print_pointer(const Value& value, char32_t verb, int depth) {
    const bool nil = value.is_nil();
    if (depth == 0 && !nil) {
      const Kind kind = value.target().kind();
      if (kind == Kind::kSlice || kind == Kind::kMap || kind == Kind::kStruct) {
        raw("&");
        return print(value.target(), verb, depth + 1);
      }
    }
    if (verb != 'v') return bad_verb(verb, value);
    // There is no address: Go's is another one each time.
    const std::string address = nil ? (flags.sharp_v ? "nil" : "<nil>") : "0xc000000000";
    if (flags.sharp_v) return raw(fmt::format("({})({})", value.type().name, address));
    padded(address);
  }

  std::string out_;
};

// One call of Sprintf.
class Formatter {
 public:
  Formatter(std::string_view format, std::span<const Value> values) : format_(format), values_(values) {}

  std::string run() {
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      printer_.raw(format_.substr(at_, percent - at_));
      at_ = percent + 1;
      if (percent < format_.size()) verb();
    }
    if (!reordered_ && next_ < values_.size()) extra();
    return printer_.take();
  }

 private:
  bool more() const { return at_ < format_.size(); }

  void read_flags() {
    printer_.flags = {};
    for (; more(); ++at_) {
      switch (format_[at_]) {
        case '#':
          printer_.flags.sharp = true;
          break;
        case '0':
          printer_.flags.zero = true;
          break;
        case '+':
          printer_.flags.plus = true;
          break;
        case '-':
          printer_.flags.minus = true;
          break;
        case ' ':
          printer_.flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  // A number of the format; nothing where there is none or it is too large.
  std::optional<int> read_number() {
    std::optional<int> number;
    for (; more() && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
      if (number.value_or(0) > kMostWidth) {
        at_ = format_.size();
        return std::nullopt;
      }
      number = number.value_or(0) * 10 + (format_[at_] - '0');
    }
    return number;
  }

  // "[3]": which argument comes next.
  bool read_index() {
    if (!more() || format_[at_] != '[') return false;
    reordered_ = true;
    const std::size_t close = format_.find(']', at_);
    if (close == std::string_view::npos || format_.size() - at_ < 3) {
      ++at_;
      good_index_ = false;
      return false;
    }
    const std::string_view digits = format_.substr(at_ + 1, close - at_ - 1);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    at_ = close + 1;
    const bool is_number = !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
    if (is_number && index >= 1 && index <= values_.size()) {
      next_ = index - 1;
      return true;
    }
    good_index_ = false;
    return is_number;
  }

  // The value of a star.
  std::optional<int> read_argument() {
    if (next_ >= values_.size()) return std::nullopt;
    const Value value = values_[next_++].inside();
    if (!value.valid() || value.kind() != Kind::kInt) return std::nullopt;
    if (value.integer() > kMostWidth || value.integer() < -kMostWidth) return std::nullopt;
    return static_cast<int>(value.integer());
  }

  void read_width(bool after_index) {
    Flags& flags = printer_.flags;
    if (more() && format_[at_] == '*') {
      ++at_;
      flags.width = read_argument();
      if (!flags.width) printer_.raw("%!(BADWIDTH)");
      if (flags.width.value_or(0) < 0) {
        flags.width = -*flags.width;
        flags.minus = true;
        flags.zero = false;
      }
      after_index_ = false;
      return;
    }
    flags.width = read_number();
    if (after_index && flags.width) good_index_ = false;
  }

  void read_precision() {
    if (at_ + 1 >= format_.size() || format_[at_] != '.') return;
    Flags& flags = printer_.flags;
    ++at_;
    if (after_index_) good_index_ = false;
    after_index_ = read_index();
    if (more() && format_[at_] == '*') {
      ++at_;
      flags.precision = read_argument();
      if (flags.precision.value_or(0) < 0) flags.precision.reset();
      if (!flags.precision) printer_.raw("%!(BADPREC)");
      after_index_ = false;
    } else {
      flags.precision = read_number().value_or(0);
    }
  }

  void verb() {
    good_index_ = true;
    read_flags();
    after_index_ = read_index();
    read_width(after_index_);
    read_precision();
    if (!after_index_) after_index_ = read_index();
    if (!more()) return printer_.raw("%!(NOVERB)");
    const Rune rune = front_rune(format_.substr(at_));
    at_ += rune.bytes;
    std::string shown = "%!";
    append_rune(shown, rune.value);
    if (rune.value == '%') return printer_.raw("%");
    if (!good_index_) return printer_.raw(shown + "(BADINDEX)");
    if (next_ >= values_.size()) return printer_.raw(shown + "(MISSING)");
    if (rune.value == 'v') {
      Flags& flags = printer_.flags;
      flags.sharp_v = std::exchange(flags.sharp, false);
      flags.plus_v = std::exchange(flags.plus, false);
    }
    printer_.argument(values_[next_++], rune.value);
  }

  void extra() {
    printer_.flags = {};
    printer_.raw("%!(EXTRA ");
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i > next_) printer_.raw(", ");
      const Value value = values_[i].inside();
      if (value.valid()) printer_.raw(value.type().name + "=");
      printer_.argument(value, 'v');
    }
    printer_.raw(")");
  }

  std::string_view format_;
  std::span<const Value> values_;
  Printer printer_;
  std::size_t at_ = 0, next_ = 0;
  bool reordered_ = false, good_index_ = true, after_index_ = false;
};

}  // namespace

std::string go_print(std::span<const Value> values) {
  Printer printer;
  bool text_before = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value value = values[i].inside();
    const bool is_text = value.valid() && value.kind() == Kind::kString;
    if (i > 0 && !is_text && !text_before) printer.raw(" ");
    printer.argument(value, 'v');
    text_before = is_text;
  }
  return printer.take();
}

std::string go_println(std::span<const Value> values) {
  Printer printer;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) printer.raw(" ");
    printer.argument(values[i], 'v');
  }
  printer.raw("\n");
  return printer.take();
}

std::string go_printf(std::string_view format, std::span<const Value> values) {
  return Formatter(format, values).run();
}

std::string go_shown(const Value& boxed) {
  Value value = boxed;
  while (value.kind() == Kind::kPointer && !value.is_nil()) value = value.target();
  if (!value.valid()) return "<no value>";
  return go_print(std::span(&value, 1));
}

}  // namespace davit::text
