#pragma once
// The processes of a container, as the host's ps(1) shows them.

#include <string>
#include <string_view>
#include <vector>

#include "container/held_container.h"

namespace davit::container {

struct ProcessTable {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;  // as many cells as titles; the last has the rest of the line
  bool operator==(const ProcessTable&) const = default;
};

// What `ps` says with these options ("-ef" where there are none) of the container's processes. Throws
// Error(kConflict, "Container ID is not running"), Error(kInvalidArgument) with docker's words for options that ps does
// not take or by which it shows no PID, Error(kNotFound) where there is no ps.
ProcessTable top(HeldContainer& held, const std::vector<std::string>& options);

// Of ps's output the lines of these processes.
ProcessTable parse_ps(std::string_view output, const std::vector<int>& pids);

}  // namespace davit::container
