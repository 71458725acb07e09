#pragma once
// Questions whose answer decides whether something is done.

#include <string_view>

namespace davit::cli {

// Prints the question and " [y/N] ", reads a line of standard input and says whether it is "y" or "Y"; an empty
// standard input is a no. Throws Error(kCancelled) when the user interrupts.
bool confirm(std::string_view question);

}  // namespace davit::cli
