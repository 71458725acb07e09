#include "base/json.h"

#include <boost/json.hpp>

namespace davit::base {

std::string text_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace davit::base
