#pragma once
// Structures as JSON objects, by one list of their members for writing and reading:
//
//   struct PointMembers {
//     template <typename Visit>
//     static void members(Visit& visit, Point& point) {
//       visit("x", point.x);
//     }
//   };
//   members_to_json<PointMembers>(point)
//
// A member may be a number, a bool, text, a path, a map of texts, an enumeration (`names_of(value)` beside members()
// gives its table of NameRow), a type with text() and a static parse(), a structure, and an optional or vector of
// those. What is as in a default structure is not written; what is missing or unknown on reading is left as it is
// there. Reading throws Error(kCorrupt) or Boost.JSON's exceptions.

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/strings.h"

namespace davit::base {

template <typename Enum>
struct NameRow {
  Enum value;
  std::string_view name;
};

namespace json_members {

namespace json = boost::json;
using Texts = std::map<std::string, std::string>;

template <typename Value>
concept HasText = requires(const Value& value) {
  { value.text() } -> std::convertible_to<std::string>;
  Value::parse(std::string());
};

template <typename Value>
struct IsVector : std::false_type {};
template <typename Item>
struct IsVector<std::vector<Item>> : std::true_type {};
template <typename Value>
struct IsOptional : std::false_type {};
template <typename Item>
struct IsOptional<std::optional<Item>> : std::true_type {};

template <typename Schema, typename Value>
json::value put(const Value& value);

struct Places {
  std::vector<const void*> found;
  template <typename Member>
  void operator()(const char*, Member& member) {
    found.push_back(&member);
  }
};

template <typename Schema>
struct Write {
  const std::vector<const void*>& defaults;
  json::object object = {};
  std::size_t next = 0;
  template <typename Member>
  void operator()(const char* name, Member& member) {
    if (member != *static_cast<const Member*>(defaults[next++])) object[name] = put<Schema>(member);
  }
};

// Visits the members of two values of a type side by side: what is written and what a default one has.
template <typename Schema, typename Value>
json::object put_object(const Value& value) {
  Value fallback{};
  Places defaults;
  Schema::members(defaults, fallback);
  Write<Schema> write{defaults.found};
  Schema::members(write, const_cast<Value&>(value));  // visited, not changed
  return std::move(write.object);
}

template <typename Schema, typename Value>
json::value put(const Value& value) {
  if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string>) {
    return json::value_from(value);
  } else if constexpr (std::is_same_v<Value, std::filesystem::path>) {
    return json::value(value.string());
  } else if constexpr (HasText<Value>) {
    return json::value(value.text());
  } else if constexpr (std::is_enum_v<Value>) {
    for (const auto& row : Schema::names_of(value)) {
      if (row.value == value) return json::value(row.name);
    }
    return nullptr;
  } else if constexpr (std::is_same_v<Value, Texts>) {
    json::object object;
    for (const auto& [key, text] : value) object[key] = text;
    return object;
  } else if constexpr (IsOptional<Value>()) {
    return value ? put<Schema>(*value) : json::value(nullptr);
  } else if constexpr (IsVector<Value>()) {
    json::array array;
    for (const auto& item : value) array.push_back(put<Schema>(item));
    return array;
  } else {
    return put_object<Schema>(value);
  }
}

template <typename Schema, typename Value>
Value take(const json::value& from);

template <typename Schema>
struct Read {
  const json::object& object;
  template <typename Member>
  void operator()(const char* name, Member& member) {
    if (const auto* found = object.if_contains(name)) member = take<Schema, Member>(*found);
  }
};

template <typename Schema, typename Value>
Value take_object(const json::object& object) {
  Value value{};
  Read<Schema> read{object};
  Schema::members(read, value);
  return value;
}

// parse() may throw or return an optional.
template <typename Value>
Value take_text(const std::string& text) {
  auto parsed = Value::parse(text);
  if constexpr (std::is_same_v<decltype(parsed), Value>) {
    return parsed;
  } else {
    if (!parsed) throw Error::format(Code::kCorrupt, "'{}' means nothing", printable(text));
    return std::move(*parsed);
  }
}

template <typename Schema, typename Value>
Value take(const json::value& from) {
  if constexpr (std::is_same_v<Value, bool>) {
    return from.as_bool();
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return from.to_number<Value>();
  } else if constexpr (std::is_same_v<Value, std::string> || std::is_same_v<Value, std::filesystem::path>) {
    return json::value_to<std::string>(from);
  } else if constexpr (HasText<Value>) {
    return take_text<Value>(json::value_to<std::string>(from));
  } else if constexpr (std::is_enum_v<Value>) {
    const auto name = json::value_to<std::string>(from);
    for (const auto& row : Schema::names_of(Value{})) {
      if (row.name == name) return row.value;
    }
    throw Error::format(Code::kCorrupt, "unknown word '{}'", printable(name));
  } else if constexpr (std::is_same_v<Value, Texts>) {
    Texts texts;
    for (const auto& [key, text] : from.as_object()) texts[key] = json::value_to<std::string>(text);
    return texts;
  } else if constexpr (IsOptional<Value>()) {
    if (from.is_null()) return {};
    return take<Schema, typename Value::value_type>(from);
  } else if constexpr (IsVector<Value>()) {
    Value list;
    for (const auto& entry : from.as_array()) list.push_back(take<Schema, typename Value::value_type>(entry));
    return list;
  } else {
    return take_object<Schema, Value>(from.as_object());
  }
}

}  // namespace json_members

template <typename Schema, typename Value>
boost::json::object members_to_json(const Value& value) {
  return json_members::put_object<Schema>(value);
}

template <typename Schema, typename Value>
Value members_from_json(const boost::json::object& object) {
  return json_members::take_object<Schema, Value>(object);
}

}  // namespace davit::base
