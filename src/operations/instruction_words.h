#pragma once
// The words of a Dockerfile instruction.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::operations {

// Splits at blanks; quotes and backslashes keep blanks inside a word, as in a Dockerfile. Throws
// Error(kInvalidArgument) where a quote is not closed.
std::vector<std::string> words_of(std::string_view text);

// The JSON form ["a", "b"], or nothing when the text is not of that form (then it is of the shell's).
std::optional<std::vector<std::string>> json_words(std::string_view text);

}  // namespace davit::operations
