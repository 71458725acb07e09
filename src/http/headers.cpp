#include "http/headers.h"

#include <algorithm>

#include "base/strings.h"

namespace davit::http {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && base::to_lower(a) == base::to_lower(b);
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const auto& field) { return same_name(field.first, name); });
}

std::optional<std::string> Headers::get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (same_name(field, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Headers::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : fields_) {
    if (same_name(field, name)) values.push_back(value);
  }
  return values;
}

}  // namespace davit::http
