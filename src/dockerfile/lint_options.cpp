#include "dockerfile/lint_options.h"

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/characters.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

void parse_names(std::string_view value, bool& all, std::set<std::string, std::less<>>& names) {
  value = trim_space(value);
  if (value == "all") {
    all = true;
    return;
  }
  for (const std::string& name : base::split(value, ',')) names.emplace(trim_space(name));
}

void parse_option(LintOptions& options, const std::string& part) {
  const std::size_t equals = part.find('=');
  if (equals == std::string::npos) throw Error::format(Code::kInvalidArgument, "invalid check option {}", quoted(part));
  const std::string_view key = trim_space(std::string_view(part).substr(0, equals));
  const std::string_view value = std::string_view(part).substr(equals + 1);
  if (key == "skip") {
    parse_names(value, options.skip_all, options.skipped);
  } else if (key == "experimental") {
    parse_names(value, options.experimental_all, options.experimental);
  } else if (key == "error") {
    try {
      options.error = parse_bool(trim_space(value));
    } catch (const Error& error) {
      throw Error::format(Code::kInvalidArgument, "failed to parse check option {}: {}", quoted(part), error.message());
    }
  } else {
    throw Error::format(Code::kInvalidArgument, "invalid check option {}", quoted(key));
  }
}

}  // namespace

bool LintOptions::runs(const LintRuleRow& rule) const {
  if (rule.experimental) return experimental_all || experimental.contains(rule.name);
  return !skip_all && !skipped.contains(rule.name);
}

LintOptions LintOptions::merged(const LintOptions& other) const {
  LintOptions out = *this;
  out.skip_all |= other.skip_all;
  out.experimental_all |= other.experimental_all;
  out.skipped.insert(other.skipped.begin(), other.skipped.end());
  out.experimental.insert(other.experimental.begin(), other.experimental.end());
  return out;
}

LintOptions parse_lint_options(std::string_view text) {
  LintOptions options;
  text = trim_space(text);
  if (text.empty()) return options;
  for (const std::string& part : base::split(text, ';')) parse_option(options, part);
  return options;
}

LintOptions lint_options_of(const std::vector<std::string>& comments) {
  constexpr std::string_view kName = "check";
  for (const std::string& comment : comments) {
    if (base::to_lower(comment.substr(0, kName.size())) != kName) continue;
    const std::string_view rest = trim_left_space(std::string_view(comment).substr(kName.size()));
    if (!rest.starts_with('=')) continue;
    const std::string_view value = trim_space(rest.substr(1));
    try {
      return parse_lint_options(value.substr(0, value.find(' ')));
    } catch (const Error&) {
      return {};
    }
  }
  return {};
}

}  // namespace davit::dockerfile
