#pragma once
// AppArmor, where the kernel has it on.

#include <string>

namespace davit::runtime {

// The profile for a container: `wanted` is empty (docker-default where it is loaded), "unconfined" or a profile's name.
// Empty where the kernel has none. Throws Error(kNotSupported) naming flag and cause for a name that the kernel does
// not know.
std::string apparmor_profile(const std::string& wanted);

}  // namespace davit::runtime
