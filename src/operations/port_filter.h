#pragma once
// The values of `ps --filter publish=` and `expose=`.

#include <string>
#include <string_view>
#include <vector>

namespace davit::operations {

struct PortRange {
  unsigned first = 0, last = 0;
  std::string protocol = "tcp";
  bool operator==(const PortRange&) const = default;

  bool has(const std::string& port) const;  // "80/tcp", as an image exposes it
};

// "80", "80/udp", "7000-8080/tcp". Throws Error(kInvalidArgument) with docker's words, which name the filter.
PortRange parse_port_filter(std::string_view filter, const std::string& text);

}  // namespace davit::operations
