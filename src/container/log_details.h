#pragma once

#include <map>
#include <string>

#include "container/description.h"

namespace davit::container {

// What `logs --details` tells before each line: the labels and variables that --log-opt labels, labels-regex, env and
// env-regex choose, and its tag. Throws Error(kInvalidArgument), naming option and value, for a regular expression
// that is none. The expressions are Perl's, searched for in the name.
std::map<std::string, std::string> log_details(const Description& description);

}  // namespace davit::container
