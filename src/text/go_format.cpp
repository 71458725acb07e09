#include "text/go_format.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "text/go_printer.h"
#include "text/runes.h"

namespace davit::text {

namespace {

constexpr int kMostWidth = 1'000'000;

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
    PrintFlags& flags = printer_.flags;
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
    PrintFlags& flags = printer_.flags;
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
      PrintFlags& flags = printer_.flags;
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
