#pragma once
// The system calls that davit's seccomp profile refuses, as data. Those that docker's documentation lists, and what its
// profile of 20.10 does not name besides, as far as a kernel serves it.

#include <cstdint>
#include <span>
#include <string_view>

namespace davit::runtime {

// Who refuses it: the runtime's profile, as conmon, the runtime or davit itself call it below the early filter; or that
// filter.
enum class RefusedBy { kRuntime, kEarly };

struct RefusedCall {
  std::string_view name;
  std::string_view capability;  // with this one it is allowed; empty: never
  RefusedBy by;
  int x86_64 = -1, x86 = -1;            // its numbers; -1: there is none
  std::string_view or_capability = {};  // or with this one
};

std::span<const RefusedCall> refused_calls();

// Newer calls than this have numbers that no libseccomp of Debian 12 knows: ENOSYS, as on an older kernel.
inline constexpr std::uint32_t kLastCall = 449;
// x32 has numbers of its own above the gap that this leaves.
inline constexpr std::uint32_t kFirstX32Call = 512, kLastX32Call = 547;

}  // namespace davit::runtime
