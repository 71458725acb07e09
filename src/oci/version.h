#pragma once
// Semantic versions (semver.org 2.0.0) as tags carry them. Pure values.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::oci {

struct Version {
  std::uint64_t major = 0, minor = 0, patch = 0;
  std::vector<std::string> prerelease;  // "rc", "1"
  std::string build;                    // ignored by the order

  // "1.2.3", "v1.2.3-rc.1+b5"; nothing when it is no full version ("1.2", "latest").
  static std::optional<Version> parse(std::string_view text);
  std::string text() const;
  // Precedence, semver 11. Weak: versions that differ only in build metadata are equivalent.
  std::weak_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
};

}  // namespace davit::oci
