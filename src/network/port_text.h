#pragma once
// Published ports as docker's flags write them.

#include <string>
#include <string_view>
#include <vector>

#include "network/fabric.h"

namespace davit::network {

// -p [ADDRESS:][HOST-PORT:]PORT[/PROTOCOL], each port a number or a range: "80", "8080:80/udp", "127.0.0.1::80",
// "[::1]:8000-8002:80-82". One wish for each container port. Throws Error(kInvalidArgument) with docker's words.
std::vector<PortWish> parse_published_port(const std::string& text);

// --expose and an image's port: "80", "80/udp", "8000-8002/tcp" as "80/tcp" each. Throws as above.
std::vector<std::string> parse_exposed_ports(const std::string& text);

// One of those as a wish for a port of the host of the kernel's choice.
PortWish parse_exposed_port(const std::string& text);

}  // namespace davit::network
