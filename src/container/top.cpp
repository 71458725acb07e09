#include "container/top.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (auto& word : base::split(line, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

std::string run_ps(const std::vector<std::string>& options, const std::vector<int>* pids) {
  base::ChildOptions child{.argv = {"ps"}};
  child.argv.insert(child.argv.end(), options.begin(), options.end());
  if (pids != nullptr) {
    std::vector<std::string> texts;
    for (const int pid : *pids) texts.push_back(std::to_string(pid));
    child.argv.push_back("-q" + base::join(texts, ","));
  }
  const auto result = base::run(child);
  if (result.status.ok() || (pids != nullptr && result.err.empty())) return result.out;
  const std::string why = first_line(result.err.empty() ? result.out : result.err);
  throw Error(Code::kInvalidArgument, "ps: " + (why.starts_with("ps: ") ? why.substr(4) : why));
}

}  // namespace

ProcessTable parse_ps(std::string_view output, const std::vector<int>& pids) {
  ProcessTable table;
  const auto lines = base::split(output, '\n');
  table.titles = words_of(lines.front());
  const auto found = std::find(table.titles.begin(), table.titles.end(), "PID");
  if (found == table.titles.end()) throw Error(Code::kInvalidArgument, "Couldn't find PID field in ps output");
  const auto column = static_cast<std::size_t>(found - table.titles.begin());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto words = words_of(lines[i]);
    if (words.size() <= column) continue;
    int pid = 0;
    std::from_chars(words[column].data(), words[column].data() + words[column].size(), pid);
    if (!std::binary_search(pids.begin(), pids.end(), pid)) continue;
    const std::size_t last = table.titles.size() - 1;
    if (words.size() > last + 1) {
      words[last] = base::join({words.begin() + static_cast<std::ptrdiff_t>(last), words.end()}, " ");
    }
    words.resize(last + 1);
    table.rows.push_back(std::move(words));
  }
  return table;
}

// ps itself picks the processes; with options that forbid that ("aux") it lists all.
ProcessTable top(HeldContainer& held, const std::vector<std::string>& options) {
  held.require_running();
  auto pids = held.runtime().processes(held.bundle());
  const std::vector<std::string> wanted = options.empty() ? std::vector<std::string>{"-ef"} : options;
  std::string output;
  try {
    output = run_ps(wanted, &pids);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    output = run_ps(wanted, nullptr);
  }
  return parse_ps(output, pids);
}

}  // namespace davit::container
