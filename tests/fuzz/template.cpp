// Templates as users write them, on a value with everything: what is refused is refused by an Error; what parses prints
// a text that parses to the same.
#include "text/template.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include <boost/json.hpp>

#include "base/error.h"
#include "tests/fuzz/require.h"

namespace {

using namespace davit;
using fuzz::require;

const text::Value& some_value() {
  static const text::Value value = text::from_json(boost::json::parse(
      R"({"ID": "sha256:0123", "Config": {"Env": ["A=b", "C=d"], "Labels": {"a": "1"}, "None": null}, "Size": 300, "On": true, "Rate": 1.5})"));
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string input(reinterpret_cast<const char*>(data), size);
  try {
    const text::Template parsed(input);
    const std::string again = parsed.text();
    require(text::Template(again).text() == again);
    parsed.uses("ID");
    for (const bool strict : {false, true}) {
      std::string out;
      try {
        parsed.execute(some_value(), out, {.missing_key_is_error = strict, .for_header = strict});
      } catch (const base::Error& error) {
        require(error.code() == base::Code::kInvalidArgument && error.message().starts_with("template: "));
      }
    }
  } catch (const base::Error& error) {
    require(error.code() == base::Code::kInvalidArgument && error.message().starts_with("template: "));
  }
  return 0;
}
