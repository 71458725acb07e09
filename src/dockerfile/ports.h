#pragma once
// EXPOSE's ports (Dockerfile reference, "EXPOSE").

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

// What one word of EXPOSE, variables replaced, says: "80", "80/udp", "8000-8010/tcp". An address and a port of the host
// before it are read, and mean nothing.
struct ExposedPorts {
  std::vector<std::string> ports;  // "8000/tcp", …: the protocol in lower case
  std::string protocol;            // as written; "tcp" where none is
  bool has_host_part = false;
};

// Throws Error(kInvalidArgument) in BuildKit's words: `invalid port: "80/foo": invalid proto: foo`.
ExposedPorts parse_exposed(std::string_view word);
// Of all words, in order; the same port may come more than once.
std::vector<std::string> exposed_ports(std::span<const std::string> words);

}  // namespace davit::dockerfile
