#pragma once
// What every inspect command prints through: docker's inspector.

#include <functional>
#include <string>

#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "text/template_value.h"

namespace davit::cli {

struct Inspected {
  boost::json::object object;
  const text::Type* type = nullptr;  // docker's Go type of it
  bool by_members = true;            // a template that does not fit the type is tried on the JSON's members
};

// Prints what `get` finds of each name given: together as JSON, or one line of the template of --format for each; then
// the failures, told one by one. An empty name is refused with `empty_name`.
int inspect(Context& context, const Arguments& arguments, const char* empty_name,
            const std::function<Inspected(const std::string&)>& get);

}  // namespace davit::cli
