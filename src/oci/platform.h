#pragma once
// Platforms and which of an index's manifests fits one, as containerd's platforms package orders them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::oci {

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;     // "v8", "v7"; may be empty
  std::string os_version;  // may be empty

  // "linux/amd64", "linux/arm/v7", "arm64", "linux". Aliases are normalised (x86_64 -> amd64, aarch64 -> arm64 v8 ->
  // ""). Throws Error(kInvalidArgument) naming the text.
  static Platform parse(std::string_view text);
  static Platform host();  // of this machine, by uname(2)
  Platform normalized() const;
  std::string text() const;  // "linux/arm64/v8"
  bool operator==(const Platform&) const = default;
};

// How well `candidate` serves a machine that is `wanted`: 0 is exact, more is worse (arm/v6 on arm/v7), nothing: not at
// all.
std::optional<int> match(const Platform& wanted, const Platform& candidate);

}  // namespace davit::oci
