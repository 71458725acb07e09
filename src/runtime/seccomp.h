#pragma once
// Which system calls a container's processes may make.
//
// davit's own profile allows and refuses what docker's default one does. It is in two parts, for speed: what the OCI
// runtime compiles at every start is compiled by libseccomp, rule by rule and architecture by architecture, and a list
// of all that is allowed takes 10 ms. So the runtime gets only the refusals of what it needs itself before it hands
// over (mounts, namespaces), and all else is refused by a filter that conmon is started with and that everything below
// it inherits: early_filter(). Both together are an allow-list: whatever has a number that the profile does not know is
// refused. docs/adr/0074-seccomp-in-two-parts.md.

#include <string>
#include <string_view>
#include <vector>

#include <linux/filter.h>

namespace davit::runtime {

struct SeccompContext {
  std::vector<std::string> capabilities;  // of the container, "CAP_SYS_ADMIN"
};

// The runtime's part of the profile: the runtime-spec's "seccomp" as JSON.
std::string default_seccomp(const SeccompContext& context);

// The inherited part, for base::ChildOptions. Empty where this process has one already.
std::vector<sock_filter> early_filter(const SeccompContext& context);

// A profile in docker's own form (--security-opt seccomp=FILE, given as its text) in the runtime-spec's: architectures
// by archMap, rules that are for others left out. Throws Error(kInvalidArgument) in docker's words.
std::string convert_seccomp(std::string_view profile, const SeccompContext& context);

}  // namespace davit::runtime
