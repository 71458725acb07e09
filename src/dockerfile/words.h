#pragma once
// Small functions on words that this folder's messages share. Internal to this folder.

#include <span>
#include <string>
#include <string_view>

namespace davit::dockerfile {

// As Go's %q writes it: in double quotes, with \" \\ \n \t \xNN.
std::string quoted(std::string_view text);

enum class WordCase {
  kExact,
  kAny
};  // kAny: compared in lower case, suggested in upper case when the typed word is, else in lower

// The choice that is nearest to what was typed, at most two edits away; empty when none is, or when one is the same.
std::string nearest_word(std::string_view typed, std::span<const std::string> choices, WordCase which);
// " (did you mean …?)", or nothing.
std::string did_you_mean(std::string_view typed, std::span<const std::string> choices, WordCase which);

// "1", "t", "true", … as Go's strconv.ParseBool reads them. Throws Error(kInvalidArgument).
bool parse_bool(std::string_view text);

}  // namespace davit::dockerfile
