#include "oci/version.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace davit::oci {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_numeric(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

// [0-9A-Za-z-]+, as parts of a prerelease and of build metadata are.
bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool has_leading_zero(std::string_view number) { return number.size() > 1 && number.front() == '0'; }

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (!is_numeric(text) || has_leading_zero(text)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// semver 11.4: numbers by value and below words; numbers have no leading zeros, so a longer one is larger.
std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_numeric = is_numeric(a), b_numeric = is_numeric(b);
  if (a_numeric != b_numeric) return a_numeric ? std::weak_ordering::less : std::weak_ordering::greater;
  if (a_numeric && a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (!text.empty() && text.front() == 'v') text.remove_prefix(1);
  Version version;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    version.build = text.substr(plus + 1);
    text = text.substr(0, plus);
    for (const std::string& part : base::split(version.build, '.')) {
      if (!is_identifier(part)) return std::nullopt;
    }
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease = base::split(text.substr(dash + 1), '.');
    text = text.substr(0, dash);
    for (const std::string& part : version.prerelease) {
      if (!is_identifier(part) || (is_numeric(part) && has_leading_zero(part))) return std::nullopt;
    }
  }
  const std::vector<std::string> core = base::split(text, '.');
  if (core.size() != 3) return std::nullopt;
  const auto major = parse_number(core[0]), minor = parse_number(core[1]), patch = parse_number(core[2]);
  if (!major || !minor || !patch) return std::nullopt;
  version.major = *major;
  version.minor = *minor;
  version.patch = *patch;
  return version;
}

std::string Version::text() const {
  std::string out = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (!prerelease.empty()) out += "-" + base::join(prerelease, ".");
  if (!build.empty()) out += "+" + build;
  return out;
}

std::weak_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  // A release comes after its prereleases.
  if (prerelease.empty() != other.prerelease.empty()) {
    return prerelease.empty() ? std::weak_ordering::greater : std::weak_ordering::less;
  }
  const std::size_t common = std::min(prerelease.size(), other.prerelease.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const auto order = compare_identifiers(prerelease[i], other.prerelease[i]); order != 0) return order;
  }
  return prerelease.size() <=> other.prerelease.size();
}

}  // namespace davit::oci
