// Values from and to JSON, as Go's encoding/json does both.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "text/runes.h"
#include "text/template_value.h"

namespace davit::text {

namespace {

[[noreturn]] void misfit(const boost::json::value& json, const Type& type) {
  throw base::Error::format(base::Code::kInternal, "cannot decode {} into a Go value of type {}",
                            std::string(boost::json::to_string(json.kind())), type.name);
}

void append_string(std::string& out, std::string_view text, bool for_html) {
  out += '"';
  while (!text.empty()) {
    const Rune rune = front_rune(text);
    const std::string_view bytes = text.substr(0, rune.bytes);
    text.remove_prefix(rune.bytes);
    const char32_t c = rune.value;
    if (!rune.valid) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += bytes;
    } else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : c == '\b' ? "\\b" : "\\f";
    } else if (c < 0x20 || c == 0x2028 || c == 0x2029 || (for_html && (c == '<' || c == '>' || c == '&'))) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
    } else {
      out += bytes;
    }
  }
  out += '"';
}

void append_number(std::string& out, double number) {
  const double size = std::abs(number);
  std::array<char, 400> digits{};
  const bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 scientific ? std::chars_format::scientific : std::chars_format::fixed);
  std::string text(digits.data(), end.ptr);
  // Go writes e-07 as e-7.
  if (const std::size_t at = text.find("e-0"); at != std::string::npos) text.erase(at + 2, 1);
  out += text;
}

bool is_empty(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return !value.boolean();
    case Kind::kInt:
      return value.integer() == 0;
    case Kind::kFloat:
      return value.number() == 0;
    case Kind::kString:
    case Kind::kSlice:
    case Kind::kMap:
      return value.size() == 0;
    case Kind::kInvalid:
    case Kind::kInterface:
    case Kind::kPointer:
      return !value.inside().valid() || value.is_nil();
    case Kind::kStruct:
      return false;
  }
  return false;
}

class Writer {
 public:
  explicit Writer(bool for_html) : for_html_(for_html) {}

  void append(const Value& boxed) {
    const Value value = boxed.inside();
    if (!value.valid() || (value.kind() != Kind::kStruct && value.is_nil())) {
      out_ += "null";
      return;
    }
    switch (value.kind()) {
      case Kind::kBool:
        out_ += value.boolean() ? "true" : "false";
        return;
      case Kind::kInt:
        out_ += std::to_string(value.integer());
        return;
      case Kind::kFloat:
        append_number(out_, value.number());
        return;
      case Kind::kString:
        if (&value.type() == &types::kJsonNumber) {
          out_ += value.string().empty() ? "0" : value.string();
        } else {
          append_string(out_, value.string(), for_html_);
        }
        return;
      case Kind::kSlice:
        append_items(value);
        return;
      case Kind::kMap:
        append_map(value);
        return;
      case Kind::kStruct:
        append_struct(value);
        return;
      case Kind::kPointer:
        append(value.target());
        return;
      case Kind::kInvalid:
      case Kind::kInterface:
        return;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void append_items(const Value& value) {
    char before = '[';
    for (const Value& item : value.items()) {
      out_ += before;
      before = ',';
      append(item);
    }
    out_ += before == '[' ? "[]" : "]";
  }

  void append_map(const Value& value) {
    bool first = true;
    out_ += '{';
    for (const auto& [key, member] : value.members()) append_member(first, key, member);
    out_ += '}';
  }

  void append_struct(const Value& value) {
    bool first = true;
    out_ += '{';
    if (value.type().json_of_methods) {
      // Docker's rows write themselves, always with what HTML would trip over escaped.
      const bool outer = for_html_;
      for_html_ = true;
      for (const auto& [name, method] : value.type().methods) {
        if (method.parameters.empty()) append_member(first, name, method.call(value, {}));
      }
      for_html_ = outer;
    } else {
      append_fields(first, value);
    }
    out_ += '}';
  }

  void append_fields(bool& first, const Value& value) {
    for (std::size_t i = 0; i < value.type().fields.size(); ++i) {
      const Type::Field& field = value.type().fields[i];
      const Value& item = value.items()[i];
      if (field.embedded) {
        append_fields(first, item);
      } else if (!(field.omit_empty && is_empty(item))) {
        append_member(first, field.json, item);
      }
    }
  }

  void append_member(bool& first, std::string_view key, const Value& value) {
    if (!first) out_ += ',';
    first = false;
    append_string(out_, key, for_html_);
    out_ += ':';
    append(value);
  }

  std::string out_;
  bool for_html_;
};

// A struct's fields from an object's members; embedded structs take theirs from the same object.
Value structure_from(const boost::json::object& object, const Type& type) {
  Value::Items fields;
  for (const Type::Field& field : type.fields) {
    const auto* member = object.if_contains(field.json);
    if (field.embedded) {
      fields.push_back(structure_from(object, *field.type));
    } else {
      fields.push_back(member == nullptr ? Value::zero(*field.type) : from_json(*member, *field.type));
    }
  }
  return Value::structure(type, std::move(fields));
}

}  // namespace

Value from_json(const boost::json::value& json) {
  switch (json.kind()) {
    case boost::json::kind::null:
      return {};
    case boost::json::kind::bool_:
      return Value::of(json.get_bool());
    case boost::json::kind::string:
      return Value::of(std::string(json.get_string()));
    case boost::json::kind::array: {
      Value::Items items;
      for (const auto& item : json.get_array()) items.push_back(from_json(item).boxed());
      return Value::slice(types::kAnys, std::move(items));
    }
    case boost::json::kind::object: {
      Value::Members members;
      for (const auto& [key, member] : json.get_object()) members[std::string(key)] = from_json(member).boxed();
      return Value::map(types::kAnyMap, std::move(members));
    }
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
      return Value::of(boost::json::serialize(json), types::kJsonNumber);
    case boost::json::kind::double_:
      break;
  }
  std::string number;
  append_number(number, json.get_double());
  return Value::of(std::move(number), types::kJsonNumber);
}

Value from_json(const boost::json::value& json, const Type& type) {
  if (json.is_null()) return Value::zero(type);
  switch (type.kind) {
    case Kind::kBool:
      if (json.is_bool()) return Value::of(json.get_bool());
      break;
    case Kind::kInt:
      if (json.is_int64()) return Value::of(json.get_int64(), type);
      if (json.is_uint64()) return Value::of(static_cast<std::int64_t>(json.get_uint64()), type);
      break;
    case Kind::kFloat:
      if (json.is_number()) return Value::of(json.to_number<double>());
      break;
    case Kind::kString:
      if (json.is_string()) return Value::of(std::string(json.get_string()), type);
      break;
    case Kind::kSlice:
      if (const auto* array = json.if_array()) {
        Value::Items items;
        for (const auto& item : *array) items.push_back(from_json(item, *type.element));
        return Value::slice(type, std::move(items));
      }
      break;
    case Kind::kMap:
      if (const auto* object = json.if_object()) {
        Value::Members members;
        for (const auto& [key, member] : *object) members[std::string(key)] = from_json(member, *type.element);
        return Value::map(type, std::move(members));
      }
      break;
    case Kind::kStruct:
      if (const auto* object = json.if_object()) return structure_from(*object, type);
      break;
    case Kind::kPointer:
      return Value::pointer(type, from_json(json, *type.element));
    case Kind::kInterface:
      return from_json(json).boxed();
    case Kind::kInvalid:
      break;
  }
  misfit(json, type);
}

std::string to_json(const Value& value, bool for_html) {
  Writer writer(for_html);
  writer.append(value);
  return writer.take();
}

}  // namespace davit::text
