#pragma once
// The shells' scripts behind `davit completion`: each passes the typed words to `davit internal complete` and its
// answer to the shell.

#include <string_view>

namespace davit::cli {

// Of "bash", "zsh" or "fish"; empty for another.
std::string_view completion_script(std::string_view shell);

}  // namespace davit::cli
