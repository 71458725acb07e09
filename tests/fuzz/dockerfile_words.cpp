// Variables in words: each text expands or is refused, in words that are parts of the one word.
#include <cstdint>
#include <string>

#include "dockerfile/expansion.h"
#include "tests/fuzz/require.h"

using namespace davit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 12) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const dockerfile::Environment variables({{"A", "abc"}, {"E", ""}, {"P", "a/b/a\nc.txt"}, {"S", " x  y "}});
  fuzz::attempt([&] {
    dockerfile::VariableUse use;
    const std::string word = dockerfile::expand_word(text, variables, {}, &use);
    std::size_t bytes = 0;
    for (const std::string& part : dockerfile::expand_words(text, variables)) {
      fuzz::require(!part.empty());
      bytes += part.size();
    }
    fuzz::require(bytes <= word.size());
    for (const std::string& name : use.matched) fuzz::require(variables.get(name).has_value());
    for (const std::string& name : use.unmatched) fuzz::require(!variables.get(name));
  });
  fuzz::attempt(
      [&] { dockerfile::expand_word(text, variables, {.escape = '`', .keep_quotes = true, .keep_unset = true}); });
  fuzz::attempt([&] { dockerfile::expand_word(text, variables, {.keep_escapes = true, .literal_quotes = true}); });
  return 0;
}
