#include "oci/digest.h"

#include <array>

#include "base/error.h"
#include "base/strings.h"

namespace davit::oci {

namespace {

struct Row {
  Algorithm algorithm;
  std::string_view name;
  std::size_t hex_digits;
};
constexpr std::array kAlgorithms = {
    Row{Algorithm::kSha256, "sha256", 64},
    Row{Algorithm::kSha512, "sha512", 128},
};

const Row& row(Algorithm algorithm) { return kAlgorithms[static_cast<std::size_t>(algorithm)]; }

const Row* find_row(std::string_view name) {
  for (const Row& candidate : kAlgorithms) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

// What is wrong with the hex part, in go-digest's words; empty when nothing is.
std::string_view fault(const Row& algorithm, std::string_view hex) {
  if (hex.size() != algorithm.hex_digits) return "invalid checksum digest length";
  if (!base::is_hex(hex)) return "invalid checksum digest format";
  return {};
}

struct Parts {
  const Row* algorithm = nullptr;
  std::string_view hex;
  std::string_view fault;  // empty: algorithm and hex are good
};

Parts dissect(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {nullptr, {}, "invalid checksum digest format"};
  const Row* algorithm = find_row(text.substr(0, colon));
  if (algorithm == nullptr) return {nullptr, {}, "unsupported digest algorithm"};
  const std::string_view hex = text.substr(colon + 1);
  return {algorithm, hex, fault(*algorithm, hex)};
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw base::Error::format(base::Code::kInvalidArgument, "invalid digest '{}': {}", base::printable(text), why);
}

}  // namespace

std::string_view name(Algorithm algorithm) { return row(algorithm).name; }

Digest Digest::parse(std::string_view text) {
  const Parts parts = dissect(text);
  if (!parts.fault.empty()) refuse(text, parts.fault);
  return Digest(parts.algorithm->algorithm, std::string(parts.hex));
}

std::optional<Digest> Digest::try_parse(std::string_view text) {
  const Parts parts = dissect(text);
  if (!parts.fault.empty()) return std::nullopt;
  return Digest(parts.algorithm->algorithm, std::string(parts.hex));
}

Digest Digest::from_hex(Algorithm algorithm, std::string_view hex) {
  if (const std::string_view why = fault(row(algorithm), hex); !why.empty()) {
    refuse(std::string(oci::name(algorithm)) + ":" + std::string(hex), why);
  }
  return Digest(algorithm, std::string(hex));
}

std::string Digest::text() const { return std::string(oci::name(algorithm_)) + ":" + hex_; }

}  // namespace davit::oci
