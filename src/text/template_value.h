#pragma once
// The values that templates work on, with Go's types: what a template may do with a value, and how it is printed,
// depends on whether it is a struct or a map, a string or a json.Number.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/fwd.hpp>

namespace davit::text {

class Value;

enum class Kind { kInvalid, kBool, kInt, kFloat, kString, kSlice, kMap, kStruct, kPointer, kInterface };

// A Go type. Types are compared by address; they outlive every value of theirs.
struct Type {
  struct Field {
    std::string name;  // Go's: "ID"
    std::string json;  // the member's: "Id"
    const Type* type = nullptr;
    bool omit_empty = false;  // not written to JSON where it is zero
    bool embedded = false;    // its own fields are the struct's as well, in JSON too
  };
  struct Method {
    std::vector<const Type*> parameters;
    std::function<Value(const Value& receiver, std::span<const Value> arguments)> call;
  };

  Kind kind = Kind::kInvalid;
  std::string name = {};           // as Go prints it: "map[string]interface {}"
  const Type* element = nullptr;   // of a slice, a map (whose keys are strings) or a pointer
  std::vector<Field> fields = {};  // of a struct
  std::map<std::string, Method, std::less<>> methods = {};
  bool json_of_methods = false;  // its JSON is what its methods without parameters give
};

namespace types {
extern const Type kBool, kInt, kInt64, kUint8, kFloat64, kString, kJsonNumber;
extern const Type kDuration;      // time.Duration
extern const Type kTime;          // time.Time: a string of RFC 3339 inside
extern const Type kAny;           // interface {}
extern const Type kReflectValue;  // a parameter that takes everything as it is
extern const Type kStrings;       // []string
extern const Type kAnys;          // []interface {}
extern const Type kStringMap;     // map[string]string
extern const Type kAnyMap;        // map[string]interface {}
extern const Type kEmptyStruct;   // struct {}
extern const Type kSet;           // map[string]struct {}
}  // namespace types

// Immutable; cheap to copy but for strings.
class Value {
 public:
  using Items = std::vector<Value>;
  using Members = std::map<std::string, Value>;

  Value() = default;  // Go's invalid value: what a missing key gives
  static Value of(bool value) { return Value(types::kBool, value); }
  static Value of(std::int64_t value, const Type& type = types::kInt) { return Value(type, value); }
  static Value of(double value) { return Value(types::kFloat64, value); }
  static Value of(std::string value, const Type& type = types::kString) { return Value(type, std::move(value)); }
  static Value of(const char* value) = delete;  // it would become a bool
  static Value slice(const Type& type, Items items);
  static Value map(const Type& type, Members members);
  static Value structure(const Type& type, Items fields);  // in the order of the type's fields
  static Value object(const Type& type, Members members);  // a struct that has methods alone, which know the members
  static Value pointer(const Type& type, Value target);
  static Value zero(const Type& type);  // Go's zero value; nil for what can be nil

  bool valid() const { return type_ != nullptr; }
  // As Go sees it statically: kInterface where it came out of an interface {}.
  Kind kind() const { return boxed_ ? Kind::kInterface : type_ == nullptr ? Kind::kInvalid : type_->kind; }
  const Type& type() const { return boxed_ ? types::kAny : *type_; }  // of a valid value
  bool is_nil() const { return std::holds_alternative<std::monostate>(data_); }

  Value boxed() const;   // as an element of an interface {}
  Value inside() const;  // what an interface holds; else the value itself

  bool boolean() const { return std::get<bool>(data_); }
  std::int64_t integer() const { return std::get<std::int64_t>(data_); }
  double number() const { return std::get<double>(data_); }
  const std::string& string() const { return std::get<std::string>(data_); }
  const Items& items() const;      // of a slice or the fields of a struct; none for nil
  const Members& members() const;  // of a map or an object; none for nil
  Value target() const;            // of a pointer that is not nil
  // Bytes of a string, elements of a slice or a map.
  std::size_t size() const;
  // Whether both are the same pointer.
  bool same_pointer(const Value& other) const;

  // The value of a struct's field, found through embedded structs too; nothing where there is none.
  static const Type::Field* find_field(const Type& type, std::string_view name);
  Value field(std::string_view name) const;  // of a struct that has it

 private:
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::shared_ptr<const Items>,
                            std::shared_ptr<const Members>, std::shared_ptr<const Value>>;
  Value(const Type& type, Data data) : type_(&type), data_(std::move(data)) {}

  const Type* type_ = nullptr;
  bool boxed_ = false;
  Data data_;
};

// What Go's encoding/json makes of a document: with no type maps, slices and json.Number; with a type the fields that
// the type has, the others left out. Throws Error(kInternal) where the document does not fit the type.
Value from_json(const boost::json::value& json);
Value from_json(const boost::json::value& json, const Type& type);

// What Go's encoding/json writes: members of maps by name, those of structs in their order. With `for_html` the
// characters <, > and & are written as \u003c and the like.
std::string to_json(const Value& value, bool for_html = false);

}  // namespace davit::text
