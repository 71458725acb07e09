#include "dockerfile/flags.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

const FlagRow& find_flag(std::string_view name, std::span<const FlagRow> table) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const FlagRow& flag) { return flag.name == name; });
  if (row != table.end()) return *row;
  std::vector<std::string> names;
  for (const FlagRow& flag : table) names.emplace_back(flag.name);
  throw Error::format(Code::kInvalidArgument, "unknown flag: --{}{}", base::printable(name),
                      did_you_mean(name, names, WordCase::kExact));
}

std::string bool_value(std::string_view name, std::string_view value, bool has_value) {
  if (has_value && value.empty()) throw Error::format(Code::kInvalidArgument, "missing a value on flag: --{}", name);
  const std::string word = base::to_lower(value);
  if (word.empty() || word == "true") return "true";
  if (word == "false") return "false";
  throw Error::format(Code::kInvalidArgument, "expecting boolean value for flag --{}, not: {}", name,
                      base::printable(value));
}

}  // namespace

Flags::Flags(const std::vector<std::string>& written, std::span<const FlagRow> table) {
  for (const std::string& flag : written) {
    const std::string_view text = std::string_view(flag).substr(2);
    const std::size_t equals = text.find('=');
    const bool has_value = equals != std::string_view::npos;
    const std::string_view value = has_value ? text.substr(equals + 1) : std::string_view();
    const FlagRow& row = find_flag(text.substr(0, equals), table);
    std::vector<std::string>& values = values_[std::string(row.name)];
    if (!values.empty() && row.kind != FlagKind::kTexts) {
      throw Error::format(Code::kInvalidArgument, "duplicate flag specified: --{}", row.name);
    }
    if (row.kind == FlagKind::kBool) {
      values.push_back(bool_value(row.name, value, has_value));
      continue;
    }
    if (!has_value) throw Error::format(Code::kInvalidArgument, "missing a value on flag: --{}", row.name);
    values.emplace_back(value);
  }
}

bool Flags::is_set(std::string_view name) const { return choice(name).value_or(false); }

std::optional<bool> Flags::choice(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return found->second.front() == "true";
}

std::string Flags::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string() : found->second.front();
}

std::vector<std::string> Flags::texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace davit::dockerfile
