#pragma once
// What the manual says of a command beyond its row in the command table.

#include <string_view>
#include <vector>

namespace davit::cli {

struct ManualExample {
  std::string_view what;
  std::string_view command;
};

struct ManualText {
  std::string_view command;                  // a name of the table
  std::vector<std::string_view> paragraphs;  // plain text
  std::vector<ManualExample> examples;
};

const std::vector<ManualText>& manual_texts();
const ManualText* manual_text(std::string_view command);  // nullptr where the row says all

}  // namespace davit::cli
