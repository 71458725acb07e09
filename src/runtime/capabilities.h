#pragma once
// Capabilities by name, and what --cap-add, --cap-drop and --privileged make of docker's default ones.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace davit::runtime {

// "CAP_CHOWN" is 0, as linux/capability.h numbers them; nothing known: -1.
int capability_number(std::string_view name);
const std::vector<std::string>& default_capabilities();  // docker's 14
std::vector<std::string> all_capabilities();

struct CapabilityChanges {
  bool privileged = false;  // all of them, whatever else is said
  // As typed: "NET_ADMIN", "cap_chown", "ALL" (all that there are, or, dropped, none but the added).
  std::vector<std::string> add, drop;
};

// Throws Error(kInvalidArgument) in docker's words: `invalid CapAdd: unknown capability: "CAP_NOSUCH"`.
std::vector<std::string> changed_capabilities(const CapabilityChanges& changes);

// The names in docker's form, "CAP_NET_ADMIN" and "ALL", as inspect shows them. Throws as above; `what` is "CapAdd" or
// "CapDrop".
std::vector<std::string> normalized_capabilities(const std::vector<std::string>& typed, std::string_view what);

}  // namespace davit::runtime
