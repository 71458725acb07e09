#pragma once
// The manual, from the command table and manual_texts: a page per command and an index, as Markdown and as manual
// pages.

#include <string>
#include <string_view>
#include <vector>

namespace davit::cli {

struct ManualFile {
  std::string name;  // "pull.md", "davit-pull.1"
  std::string text;
};

std::vector<ManualFile> markdown_manual();
// For mandoc and groff (man(7)). The other names of a command have pages that lead to its own.
std::vector<ManualFile> man_pages();

}  // namespace davit::cli
