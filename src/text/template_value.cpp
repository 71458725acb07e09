#include "text/template_value.h"

#include <algorithm>

namespace davit::text {

namespace types {
const Type kBool{.kind = Kind::kBool, .name = "bool"};
const Type kInt{.kind = Kind::kInt, .name = "int"};
const Type kInt64{.kind = Kind::kInt, .name = "int64"};
const Type kUint8{.kind = Kind::kInt, .name = "uint8"};
const Type kFloat64{.kind = Kind::kFloat, .name = "float64"};
const Type kString{.kind = Kind::kString, .name = "string"};
const Type kJsonNumber{.kind = Kind::kString, .name = "json.Number"};
const Type kDuration{.kind = Kind::kInt, .name = "time.Duration"};
const Type kTime{.kind = Kind::kString, .name = "time.Time"};
const Type kAny{.kind = Kind::kInterface, .name = "interface {}"};
const Type kReflectValue{.kind = Kind::kStruct, .name = "reflect.Value"};
const Type kStrings{.kind = Kind::kSlice, .name = "[]string", .element = &kString};
const Type kAnys{.kind = Kind::kSlice, .name = "[]interface {}", .element = &kAny};
const Type kStringMap{.kind = Kind::kMap, .name = "map[string]string", .element = &kString};
const Type kAnyMap{.kind = Kind::kMap, .name = "map[string]interface {}", .element = &kAny};
const Type kEmptyStruct{.kind = Kind::kStruct, .name = "struct {}"};
const Type kSet{.kind = Kind::kMap, .name = "map[string]struct {}", .element = &kEmptyStruct};
}  // namespace types

Value Value::slice(const Type& type, Items items) {
  return Value(type, std::make_shared<const Items>(std::move(items)));
}

Value Value::map(const Type& type, Members members) {
  return Value(type, std::make_shared<const Members>(std::move(members)));
}

Value Value::structure(const Type& type, Items fields) { return slice(type, std::move(fields)); }

Value Value::object(const Type& type, Members members) { return map(type, std::move(members)); }

Value Value::pointer(const Type& type, Value target) {
  return Value(type, std::make_shared<const Value>(std::move(target)));
}

Value Value::zero(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return Value(type, false);
    case Kind::kInt:
      return Value(type, std::int64_t{0});
    case Kind::kFloat:
      return Value(type, 0.0);
    case Kind::kString:
      return Value(type, std::string(&type == &types::kTime ? "0001-01-01T00:00:00Z" : ""));
    case Kind::kStruct: {
      Items fields;
      for (const Type::Field& field : type.fields) fields.push_back(zero(*field.type));
      return structure(type, std::move(fields));
    }
    case Kind::kInterface: {
      Value nil(type, std::monostate());
      nil.boxed_ = true;
      return nil;
    }
    case Kind::kInvalid:
    case Kind::kSlice:
    case Kind::kMap:
    case Kind::kPointer:
      break;
  }
  return Value(type, std::monostate());
}

Value Value::boxed() const {
  if (!valid()) return zero(types::kAny);
  Value value = *this;
  value.boxed_ = true;
  return value;
}

Value Value::inside() const {
  if (!boxed_) return *this;
  if (type_->kind == Kind::kInterface) return {};
  Value value = *this;
  value.boxed_ = false;
  return value;
}

const Value::Items& Value::items() const {
  static const Items none;
  const auto* items = std::get_if<std::shared_ptr<const Items>>(&data_);
  return items == nullptr ? none : **items;
}

const Value::Members& Value::members() const {
  static const Members none;
  const auto* members = std::get_if<std::shared_ptr<const Members>>(&data_);
  return members == nullptr ? none : **members;
}

Value Value::target() const { return *std::get<std::shared_ptr<const Value>>(data_); }

std::size_t Value::size() const {
  if (const auto* text = std::get_if<std::string>(&data_)) return text->size();
  return std::max(items().size(), members().size());
}

bool Value::same_pointer(const Value& other) const { return data_ == other.data_; }

const Type::Field* Value::find_field(const Type& type, std::string_view name) {
  for (const Type::Field& field : type.fields) {
    if (field.name == name) return &field;
  }
  for (const Type::Field& field : type.fields) {
    if (!field.embedded) continue;
    if (const auto* found = find_field(*field.type, name)) return found;
  }
  return nullptr;
}

Value Value::field(std::string_view name) const {
  for (std::size_t i = 0; i < type_->fields.size(); ++i) {
    if (type_->fields[i].name == name) return items()[i];
  }
  for (std::size_t i = 0; i < type_->fields.size(); ++i) {
    const Type::Field& field = type_->fields[i];
    if (field.embedded && find_field(*field.type, name) != nullptr) return items()[i].field(name);
  }
  return {};
}

}  // namespace davit::text
