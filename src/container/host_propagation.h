#pragma once
// How mounts of the host propagate to others: what a bind mount may ask for.

#include <string>
#include <string_view>

namespace davit::container {

// Throws Error(kNotSupported) with docker's words where the mount that holds the path is not of the kind that the
// propagation ("rshared", "slave", …) needs.
void require_propagation(std::string_view propagation, const std::string& path);

// The same for a given /proc/self/mountinfo (proc(5)) and a path without links in it.
void require_propagation(std::string_view propagation, const std::string& path, const std::string& real_path,
                         std::string_view mountinfo);

}  // namespace davit::container
