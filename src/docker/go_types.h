#pragma once
// How the Go types behind docker's JSON are put together. Private to src/docker.

#include <string>
#include <utility>
#include <vector>

#include "text/template_value.h"

namespace davit::docker {

namespace go_types {

using text::Kind;
using text::Type;
using Field = Type::Field;

inline Type structure(std::string name, std::vector<Field> fields) {
  return {.kind = Kind::kStruct, .name = std::move(name), .fields = std::move(fields)};
}
inline Type pointer_to(const Type& target) {
  return {.kind = Kind::kPointer, .name = "*" + target.name, .element = &target};
}
inline Type slice_of(const Type& element) {
  return {.kind = Kind::kSlice, .name = "[]" + element.name, .element = &element};
}
inline Type named_text(std::string name) { return {.kind = Kind::kString, .name = std::move(name)}; }

// Whose JSON name is Go's; `may_lack` for those that are not written where they are zero.
inline Field field(std::string name, const Type& type) { return {.name = name, .json = name, .type = &type}; }
inline Field may_lack(std::string name, const Type& type) {
  return {.name = name, .json = name, .type = &type, .omit_empty = true};
}
inline Field as(std::string name, std::string json, const Type& type, bool omit_empty = false) {
  return {.name = std::move(name), .json = std::move(json), .type = &type, .omit_empty = omit_empty};
}
inline Field embedded(std::string name, const Type& type) {
  return {.name = std::move(name), .json = {}, .type = &type, .embedded = true};
}

inline const Type& text_type() { return text::types::kString; }
inline const Type& texts() { return text::types::kStrings; }
inline const Type& flag() { return text::types::kBool; }
inline const Type& number() { return text::types::kInt; }
inline const Type& size() { return text::types::kInt64; }
inline const Type& labels() { return text::types::kStringMap; }

inline const Type& pointer_to_number() {
  static const Type pointer = pointer_to(number());
  return pointer;
}

inline const Type& driver_data() {
  static const Type data = structure("storage.DriverData", {field("Data", labels()), field("Name", text_type())});
  return data;
}

}  // namespace go_types

const text::Type& container_config_pointer();  // container_types.cpp: *container.Config

}  // namespace davit::docker
