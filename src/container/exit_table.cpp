#include "container/exit_table.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::container {

namespace fs = base::fs;

namespace {

constexpr std::size_t kIdDigits = 64;

bool is_id(std::string_view text) { return text.size() == kIdDigits && base::is_hex(text); }

}  // namespace

void ExitTable::add(const Exit& exit) const {
  fs::make_directories(folder_);
  fs::write_file(folder_ / exit.id,
                 std::to_string(exit.exit_code) + " " + base::to_rfc3339(exit.finished) + " " + exit.name);
  const auto names = fs::list(folder_);
  if (names.size() <= kMost) return;
  std::vector<Exit> exits;
  for (const auto& name : names) {
    if (auto other = read(name)) exits.push_back(std::move(*other));
  }
  std::sort(exits.begin(), exits.end(), [](const Exit& a, const Exit& b) { return a.finished < b.finished; });
  for (std::size_t i = 0; i + kMost / 2 < exits.size(); ++i) forget(exits[i].id);
}

// Nothing for what is none, or half written.
std::optional<Exit> ExitTable::read(const std::string& id) const {
  if (!is_id(id)) return {};
  const auto text = fs::read_file_if_exists(folder_ / id);
  if (!text) return {};
  const auto words = base::split(*text, ' ');
  if (words.size() != 3) return {};
  Exit exit = {.id = id, .name = words[2]};
  const auto [end, error] = std::from_chars(words[0].data(), words[0].data() + words[0].size(), exit.exit_code);
  const auto finished = base::parse_rfc3339(words[1]);
  if (error != std::errc() || end != words[0].data() + words[0].size() || !finished) return {};
  exit.finished = *finished;
  return exit;
}

std::optional<Exit> ExitTable::find(std::string_view text) const {
  const std::string wanted(text.starts_with('/') ? text.substr(1) : text);
  if (is_id(wanted)) return read(wanted);
  std::optional<Exit> named, by_prefix;
  std::size_t prefixed = 0;
  for (const auto& id : fs::list(folder_)) {
    auto exit = read(id);
    if (!exit) continue;
    if (exit->name == wanted && (!named || named->finished < exit->finished)) named = exit;
    if (!wanted.empty() && id.starts_with(wanted) && ++prefixed == 1) by_prefix = std::move(exit);
  }
  if (named) return named;
  return prefixed == 1 ? by_prefix : std::nullopt;
}

void ExitTable::forget(const std::string& id) const { fs::remove(folder_ / id); }

}  // namespace davit::container
