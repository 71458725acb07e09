#include "codec/tar_pax.h"

#include <charconv>
#include <cstdint>

#include "base/strings.h"
#include "codec/tar_header.h"

namespace davit::codec::tar {

namespace {

constexpr int kNanosecondDigits = 9;
constexpr long kSecond = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Decimal digits and nothing else.
bool parse_decimal(std::string_view text, std::uint64_t& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return !text.empty() && is_digit(text[0]) && error == std::errc() && stop == end;
}

[[noreturn]] void throw_bad_value(std::string_view key, std::string_view value) {
  throw Malformed(fmt::format("malformed {} '{}' in an extended header", key, base::printable(value, 40)));
}

}  // namespace

const std::string* PaxRecords::find(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() || found->second.empty() ? nullptr : &found->second;
}

void parse_pax(std::string_view text, PaxRecords& records) {
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    std::uint64_t length = 0;
    if (space == std::string_view::npos || !parse_decimal(text.substr(0, space), length) || length > text.size() ||
        length < space + 3 || text[length - 1] != '\n')
      throw Malformed("malformed record in an extended header");
    const std::string_view record = text.substr(space + 1, length - space - 2);
    text.remove_prefix(length);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) throw Malformed("record without a key in an extended header");
    const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key.find('\0') != std::string_view::npos) throw Malformed("NUL in the key of an extended header");
    if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes")
      records.sparse_pairs.emplace_back(key, value);
    else
      records.values.insert_or_assign(std::string(key), std::string(value));
  }
}

void append_pax(std::string& text, std::string_view key, std::string_view value) {
  const std::size_t rest = 1 + key.size() + 1 + value.size() + 1;
  // The length counts its own digits, which may make it one digit longer.
  std::size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  text += std::to_string(length);
  text += ' ';
  text += key;
  text += '=';
  text += value;
  text += '\n';
}

std::uint64_t parse_pax_number(std::string_view key, std::string_view value) {
  std::uint64_t number = 0;
  if (!parse_decimal(value, number) || number > INT64_MAX) throw_bad_value(key, value);
  return number;
}

struct timespec parse_pax_time(std::string_view key, std::string_view value) {
  const bool negative = value.starts_with('-');
  const std::string_view digits = value.substr(negative ? 1 : 0);
  const std::size_t point = digits.find('.');
  std::uint64_t whole = 0;
  if (!parse_decimal(digits.substr(0, point), whole) || whole >= std::uint64_t{1} << 62) throw_bad_value(key, value);
  long nanoseconds = 0;
  bool more = false;
  if (point != std::string_view::npos) {
    int count = 0;
    for (const char c : digits.substr(point + 1)) {
      if (!is_digit(c)) throw_bad_value(key, value);
      if (count < kNanosecondDigits)
        nanoseconds = nanoseconds * 10 + (c - '0');
      else
        more = more || c != '0';
      ++count;
    }
    for (; count < kNanosecondDigits; ++count) nanoseconds *= 10;
  }
  auto seconds = static_cast<std::int64_t>(whole);
  if (negative) {
    seconds = -seconds;
    nanoseconds = -nanoseconds - (more ? 1 : 0);
    if (nanoseconds < 0) {
      --seconds;
      nanoseconds += kSecond;
    }
  }
  struct timespec time = {};
  time.tv_sec = seconds;
  time.tv_nsec = nanoseconds;
  return time;
}

std::string pax_time(const struct timespec& time) {
  std::int64_t seconds = time.tv_sec;
  long nanoseconds = time.tv_nsec;
  const bool negative = seconds < 0;
  if (negative) {
    // -2 s + 500000000 ns is written -1.5.
    if (nanoseconds > 0) {
      ++seconds;
      nanoseconds = kSecond - nanoseconds;
    }
    seconds = -seconds;
  }
  std::string text = (negative ? "-" : "") + std::to_string(seconds);
  if (nanoseconds == 0) return text;
  std::string fraction = std::to_string(nanoseconds);
  fraction.insert(0, kNanosecondDigits - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + '.' + fraction;
}

std::string decode_libarchive_key(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    unsigned value = 0;
    if (key[i] != '%') {
      out += key[i];
      continue;
    }
    const std::string_view digits = key.substr(i + 1, 2);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || stop != digits.data() + 2)
      throw_bad_value("LIBARCHIVE.xattr name", key);
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

std::string encode_libarchive_key(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : key) {
    if (c > ' ' && c < 0x7f && c != '%' && c != '=') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string decode_libarchive_value(std::string_view value) {
  std::string padded(value.substr(0, value.find_last_not_of('=') + 1));
  padded.append((4 - padded.size() % 4) % 4, '=');
  try {
    return base::from_base64(padded);
  } catch (const base::Error&) {
    throw_bad_value("LIBARCHIVE.xattr value", value);
  }
}

std::string encode_libarchive_value(std::string_view value) {
  std::string text = base::to_base64(value);
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

}  // namespace davit::codec::tar
