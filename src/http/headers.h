#pragma once
// HTTP header fields: an ordered list in which a name may occur several times. Names compare without regard to case
// (RFC 9110, 5.1).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace davit::http {

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // in place of all of that name
  void remove(std::string_view name);
  std::optional<std::string> get(std::string_view name) const;  // the first of that name
  std::vector<std::string> all(std::string_view name) const;
  bool contains(std::string_view name) const { return get(name).has_value(); }
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace davit::http
