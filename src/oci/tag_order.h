#pragma once
// The order in which a person looks for a tag.

#include <string>
#include <vector>

namespace davit::oci {

// Full versions first, the highest first ("v1.2.0" and "1.2.0" are equal: then by text), then the other tags by name,
// numbers in them by value ("3.9" before "3.10"), and "latest" last.
std::vector<std::string> in_version_order(std::vector<std::string> tags);

}  // namespace davit::oci
