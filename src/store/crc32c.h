#pragma once
// CRC-32C (Castagnoli), as of RFC 3720, appendix B.4: CRC-32C of "123456789" is e3069283.

#include <cstdint>
#include <string_view>

namespace davit::store {

std::uint32_t crc32c(std::string_view bytes);

}  // namespace davit::store
