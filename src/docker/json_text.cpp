#include "docker/json_text.h"

#include <boost/json.hpp>

namespace davit::docker {

namespace {

void append(std::string& out, const boost::json::value& value, std::size_t level) {
  const std::string inner((level + 1) * 4, ' ');
  const std::string outer(level * 4, ' ');
  if (const auto* object = value.if_object()) {
    if (object->empty()) {
      out += "{}";
      return;
    }
    out += "{\n";
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!first) out += ",\n";
      first = false;
      out += inner + boost::json::serialize(key) + ": ";
      append(out, member, level + 1);
    }
    out += "\n" + outer + "}";
  } else if (const auto* array = value.if_array()) {
    if (array->empty()) {
      out += "[]";
      return;
    }
    out += "[\n";
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ",\n";
      out += inner;
      append(out, (*array)[i], level + 1);
    }
    out += "\n" + outer + "]";
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string to_pretty(const boost::json::value& value) {
  std::string out;
  append(out, value, 0);
  return out;
}

std::string to_line(const boost::json::value& value) { return boost::json::serialize(value); }

}  // namespace davit::docker
