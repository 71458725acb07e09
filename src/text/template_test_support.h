#pragma once
// What tests of templates share. Not part of the product.

#include <string>

#include "base/error.h"
#include "text/template.h"

namespace davit::text {

struct RecordedCase {
  const char* text;
  const char* expected;  // what it prints, or the message of its failure
};

// What the template makes of the value; of a failure, the message.
inline std::string made_of(const std::string& text, const Value& dot = Value::map(types::kAnyMap, {}),
                           const Template::Options& options = {.missing_key_is_error = true}) {
  try {
    std::string out;
    Template(text).execute(dot, out, options);
    return out;
  } catch (const base::Error& error) {
    return error.message();
  }
}

}  // namespace davit::text
