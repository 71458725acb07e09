// WWW-Authenticate as a registry may send it. Whatever the bytes: schemes are tokens in lower case, parameter names
// too, and what was understood is understood again when it is written out by the rules.
#include "remote/challenge.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string written(const std::vector<davit::remote::Challenge>& challenges) {
  std::string text;
  for (const auto& challenge : challenges) {
    text += (text.empty() ? "" : ", ") + challenge.scheme;
    char before = ' ';
    for (const auto& [name, value] : challenge.parameters) {
      text += before + name + "=\"";
      for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
      }
      text += '"';
      before = ',';
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto challenges = davit::remote::parse_challenges(text);
  for (const auto& challenge : challenges) {
    require(!challenge.scheme.empty() && challenge.scheme == davit::base::to_lower(challenge.scheme));
    for (const auto& [name, value] : challenge.parameters)
      require(!name.empty() && name == davit::base::to_lower(name));
  }
  const std::string again = written(challenges);
  if (again.size() > 8 * 1024) return 0;
  const auto reread = davit::remote::parse_challenges(again);
  require(reread.size() == challenges.size());
  for (std::size_t i = 0; i < reread.size(); ++i) {
    require(reread[i].scheme == challenges[i].scheme && reread[i].parameters == challenges[i].parameters);
  }
  return 0;
}
