// eq and lt, by Go's rules of what can be compared with what.

#include "base/error.h"
#include "text/go_format.h"
#include "text/template_functions.h"

namespace davit::text {

namespace {

using base::Code;
using base::Error;

bool is_basic(const Value& value) {
  const Kind kind = value.kind();
  return kind == Kind::kBool || kind == Kind::kInt || kind == Kind::kFloat || kind == Kind::kString;
}

bool basics_equal(const Value& a, const Value& b) {
  switch (a.kind()) {
    case Kind::kBool:
      return a.boolean() == b.boolean();
    case Kind::kInt:
      return a.integer() == b.integer();
    case Kind::kFloat:
      return a.number() == b.number();
    default:
      return a.string() == b.string();
  }
}

bool is_nil(const Value& value) {
  if (!value.valid()) return true;
  const Kind kind = value.kind();
  return (kind == Kind::kSlice || kind == Kind::kMap || kind == Kind::kPointer) && value.is_nil();
}

bool is_comparable(const Type& type) {
  if (type.kind == Kind::kSlice || type.kind == Kind::kMap) return false;
  for (const Type::Field& field : type.fields) {
    if (!is_comparable(*field.type)) return false;
  }
  return true;
}

// Of one comparable type.
bool deeply_equal(const Value& a, const Value& b) {
  const Value left = a.inside(), right = b.inside();
  if (left.valid() != right.valid()) return false;
  if (!left.valid()) return true;
  if (&left.type() != &right.type()) return false;
  if (is_basic(left)) return basics_equal(left, right);
  if (left.kind() != Kind::kStruct) return left.same_pointer(right);
  for (std::size_t i = 0; i < left.items().size(); ++i) {
    if (!deeply_equal(left.items()[i], right.items()[i])) return false;
  }
  return true;
}

std::string shown(const Value& value) {
  return value.valid() ? go_print(std::span(&value, 1)) : "<invalid reflect.Value>";
}

bool are_equal(const Value& a, const Value& b) {
  if (is_basic(a) != is_basic(b) || (is_basic(a) && a.kind() != b.kind())) {
    if (a.valid() && b.valid()) throw Error(Code::kInvalidArgument, "incompatible types for comparison");
    return false;
  }
  if (is_basic(a)) return basics_equal(a, b);
  if (a.valid() && b.valid() && a.kind() != b.kind()) {
    throw Error::format(Code::kInvalidArgument, "non-comparable types {}: {}, {}: {}", shown(a), a.type().name,
                        b.type().name, shown(b));
  }
  if (is_nil(a) || is_nil(b)) return is_nil(a) == is_nil(b);
  if (!is_comparable(b.type())) {
    throw Error::format(Code::kInvalidArgument, "non-comparable type {}: {}", shown(b), b.type().name);
  }
  return deeply_equal(a, b);
}

}  // namespace

Value compare_equal(std::span<const Value> arguments) {
  if (arguments.size() < 2) throw Error(Code::kInvalidArgument, "missing argument for comparison");
  for (const Value& other : arguments.subspan(1)) {
    if (are_equal(arguments[0].inside(), other.inside())) return Value::of(true);
  }
  return Value::of(false);
}

bool is_less(const Value& a, const Value& b) {
  const Value left = a.inside(), right = b.inside();
  if (!is_basic(left) || !is_basic(right)) throw Error(Code::kInvalidArgument, "invalid type for comparison");
  if (left.kind() != right.kind()) throw Error(Code::kInvalidArgument, "incompatible types for comparison");
  switch (left.kind()) {
    case Kind::kInt:
      return left.integer() < right.integer();
    case Kind::kFloat:
      return left.number() < right.number();
    case Kind::kString:
      return left.string() < right.string();
    default:
      throw Error(Code::kInvalidArgument, "invalid type for comparison");
  }
}

bool is_true(const Value& boxed) {
  const Value value = boxed.inside();
  switch (value.kind()) {
    case Kind::kBool:
      return value.boolean();
    case Kind::kInt:
      return value.integer() != 0;
    case Kind::kFloat:
      return value.number() != 0;
    case Kind::kString:
    case Kind::kSlice:
    case Kind::kMap:
      return value.size() > 0;
    case Kind::kStruct:
      return true;
    case Kind::kPointer:
      return !value.is_nil();
    case Kind::kInvalid:
    case Kind::kInterface:
      return false;
  }
  return false;
}

}  // namespace davit::text
