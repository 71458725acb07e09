#include "container/top.h"

#include "base/strings.h"
#include "cli/act_on_containers.h"
#include "cli/output.h"
#include "text/table.h"
#include "text/tabs.h"

namespace davit::cli {

namespace {

constexpr text::TabOptions kTabs = {.least_width = 20, .padding = 3};

std::string line_of(const std::vector<std::string>& cells) {
  std::vector<std::string> plain;  // a process may call itself anything
  for (const std::string& cell : cells) plain.push_back(text::one_line(cell));
  return base::join(plain, "\t") + "\n";
}

}  // namespace

int run_top(Context& context, const Arguments& arguments) {
  const auto& words = arguments.positional();
  refuse_empty_name(words[0]);
  auto held = context.containers().hold(context.containers().get(words[0]).id());
  const auto table = container::top(held, {words.begin() + 1, words.end()});
  std::string text = line_of(table.titles);
  for (const auto& row : table.rows) text += line_of(row);
  print(text::align_tabs(text, kTabs));
  return 0;
}

}  // namespace davit::cli
