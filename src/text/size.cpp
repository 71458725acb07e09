#include "text/size.h"

#include <array>

#include <fmt/core.h>

namespace davit::text {

namespace {

using Units = std::array<const char*, 7>;  // 2^64 bytes are 18 EB
constexpr Units kDecimal = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
constexpr Units kBinary = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

std::string scale(std::uint64_t bytes, double base, const Units& units, int digits) {
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= base && unit + 1 < units.size()) {
    size /= base;
    ++unit;
  }
  return fmt::format("{:.{}g}{}", size, digits, units[unit]);
}

}  // namespace

std::string human_size(std::uint64_t bytes, int digits) { return scale(bytes, 1000, kDecimal, digits); }

std::string binary_size(std::uint64_t bytes) { return scale(bytes, 1024, kBinary, 4); }

}  // namespace davit::text
