#pragma once
// The functions that a template can call: Go's own and docker's. Private to src/text.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/template_value.h"

namespace davit::text {

struct Function {
  std::vector<const Type*> parameters;
  bool variadic = false;  // the last parameter may be given any number of times
  // Its errors are told as "error calling NAME: …".
  std::function<Value(std::span<const Value> arguments)> call = {};
};

bool is_function(std::string_view name);
const Function& function(std::string_view name);
// Docker's functions as they are for a table's header: it is to stay what it is. nullptr for those that are as ever.
const Function* header_function(std::string_view name);

// Whether a value counts as true: neither zero, nor nil, nor empty.
bool is_true(const Value& value);

Value compare_equal(std::span<const Value> arguments);  // eq
bool is_less(const Value& a, const Value& b);           // lt

}  // namespace davit::text
