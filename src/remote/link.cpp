#include "remote/link.h"

#include "base/strings.h"

namespace davit::remote {

namespace {

bool is_next(std::string_view parameters) {
  for (const auto& parameter : base::split(parameters, ';')) {
    const auto equals = parameter.find('=');
    if (equals == std::string::npos) continue;
    std::string_view value = base::trim(std::string_view(parameter).substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (base::to_lower(base::trim(std::string_view(parameter).substr(0, equals))) == "rel" &&
        base::to_lower(value) == "next")
      return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> next_link(const std::vector<std::string>& headers) {
  for (const std::string& header : headers) {
    std::string_view rest = header;
    for (;;) {
      const auto open = rest.find('<');
      if (open == std::string_view::npos) break;
      const auto close = rest.find('>', open);
      if (close == std::string_view::npos) break;
      const std::string_view target = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close + 1);
      const auto end = rest.find(",");
      if (is_next(rest.substr(0, end))) return std::string(target);
    }
  }
  return std::nullopt;
}

}  // namespace davit::remote
