#include "oci/tag_order.h"

#include <algorithm>
#include <optional>

#include "oci/version.h"

namespace davit::oci {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The run of digits at the beginning, without leading zeros.
std::string_view number_at(std::string_view text, std::size_t* length) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  *length = end;
  std::size_t begin = 0;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  return text.substr(begin, end - begin);
}

// Runs of digits by their value, all else byte by byte.
std::weak_ordering natural_order(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      std::size_t a_length = 0, b_length = 0;
      const std::string_view a_number = number_at(a, &a_length), b_number = number_at(b, &b_length);
      if (const auto order = a_number.size() <=> b_number.size(); order != 0) return order;
      if (const int order = a_number.compare(b_number); order != 0) return order <=> 0;
      a.remove_prefix(a_length);
      b.remove_prefix(b_length);
      continue;
    }
    if (a.front() != b.front()) {
      return static_cast<unsigned char>(a.front()) <=> static_cast<unsigned char>(b.front());
    }
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() <=> b.size();
}

struct Entry {
  std::string tag;
  std::optional<Version> version;
  bool latest = false;
};

bool before(const Entry& a, const Entry& b) {
  if (a.version.has_value() != b.version.has_value()) return a.version.has_value();
  if (a.version) {
    if (const auto order = *b.version <=> *a.version; order != 0) return order < 0;
  }
  if (a.latest != b.latest) return b.latest;
  if (const auto order = natural_order(a.tag, b.tag); order != 0) return order < 0;
  return a.tag < b.tag;
}

}  // namespace

std::vector<std::string> in_version_order(std::vector<std::string> tags) {
  std::vector<Entry> entries;
  entries.reserve(tags.size());
  for (std::string& tag : tags) {
    auto version = Version::parse(tag);
    const bool latest = tag == "latest";
    entries.push_back({.tag = std::move(tag), .version = std::move(version), .latest = latest});
  }
  std::sort(entries.begin(), entries.end(), before);
  tags.clear();
  for (Entry& entry : entries) tags.push_back(std::move(entry.tag));
  return tags;
}

}  // namespace davit::oci
