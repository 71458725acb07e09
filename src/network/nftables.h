#pragma once
// nftables, by libnftables: the calling thread's network namespace.

#include <string>

namespace davit::network {

// Runs commands as `nft -f` would: all of them or none. Returns what they print. Throws Error(kIo) with nft's words and
// Error(kNotSupported) where the library or the kernel's nf_tables is missing.
std::string run_nft(const std::string& commands);

}  // namespace davit::network
