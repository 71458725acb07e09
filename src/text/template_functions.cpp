#include "text/template_functions.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "text/go_format.h"
#include "text/runes.h"

namespace davit::text {

namespace {

using base::Code;
using base::Error;
using Arguments = std::span<const Value>;

// Of one split: far beyond what a list shows, and within memory.
constexpr std::size_t kMostParts = 1'000'000;

[[noreturn]] void fail(std::string message) { throw Error(Code::kInvalidArgument, std::move(message)); }

// Through pointers and interfaces to what they lead to; a nil pointer stays.
Value indirect(const Value& value) {
  Value at = value.inside();
  while (at.valid() && at.kind() == Kind::kPointer && !at.is_nil()) at = at.target().inside();
  return at;
}

bool is_nil_pointer(const Value& value) { return value.valid() && value.kind() == Kind::kPointer && value.is_nil(); }

std::size_t index_of(const Value& boxed, std::size_t most) {
  const Value value = boxed.inside();
  if (!value.valid()) fail("cannot index slice/array with nil");
  if (value.kind() != Kind::kInt) fail("cannot index slice/array with type " + value.type().name);
  if (value.integer() < 0 || static_cast<std::uint64_t>(value.integer()) > most)
    fail(fmt::format("index out of range: {}", value.integer()));
  return static_cast<std::size_t>(value.integer());
}

Value member_of(const Value& map, const Value& boxed) {
  const Value key = boxed.inside();
  if (!key.valid()) fail("value is nil; should be of type string");
  if (&key.type() != &types::kString) fail(fmt::format("value has type {}; should be string", key.type().name));
  const auto found = map.members().find(key.string());
  return found == map.members().end() ? Value::zero(*map.type().element) : found->second;
}

Value index(Arguments arguments) {
  Value item = arguments[0].inside();
  if (!item.valid()) fail("index of untyped nil");
  for (const Value& by : arguments.subspan(1)) {
    item = indirect(item);
    if (!item.valid() || is_nil_pointer(item)) fail("index of nil pointer");
    if (item.kind() == Kind::kMap) {
      item = member_of(item, by);
    } else if (item.kind() == Kind::kString || item.kind() == Kind::kSlice) {
      const std::size_t at = index_of(by, item.size());
      const bool is_text = item.kind() == Kind::kString;
      if (at == item.size()) fail(fmt::format("reflect: {} index out of range", is_text ? "string" : "slice"));
      item = is_text ? Value::of(std::int64_t{static_cast<unsigned char>(item.string()[at])}, types::kUint8)
                     : Value(item.items()[at]);
    } else {
      fail("can't index item of type " + item.type().name);
    }
  }
  return item;
}

Value slice(Arguments arguments) {
  if (!arguments[0].inside().valid()) fail("slice of untyped nil");
  const Value item = indirect(arguments[0]);
  if (!item.valid() || is_nil_pointer(item)) fail("slice of nil pointer");
  const Arguments bounds = arguments.subspan(1);
  if (bounds.size() > 3) fail(fmt::format("too many slice indexes: {}", bounds.size()));
  const bool is_text = item.kind() == Kind::kString;
  if (is_text && bounds.size() == 3) fail("cannot 3-index slice a string");
  if (!is_text && item.kind() != Kind::kSlice) fail("can't slice item of type " + item.type().name);
  std::size_t at[3] = {0, item.size(), item.size()};
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    // Unlike index, Go's slice does not look into an interface.
    if (bounds[i].kind() == Kind::kInterface) fail("cannot index slice/array with type " + bounds[i].type().name);
    at[i] = index_of(bounds[i], item.size());
  }
  if (at[0] > at[1]) fail(fmt::format("invalid slice index: {} > {}", at[0], at[1]));
  if (at[1] > at[2]) fail(fmt::format("invalid slice index: {} > {}", at[1], at[2]));
  if (is_text) return Value::of(item.string().substr(at[0], at[1] - at[0]), item.type());
  const auto begin = item.items().begin();
  return Value::slice(item.type(), Value::Items(begin + static_cast<std::ptrdiff_t>(at[0]),
                                                begin + static_cast<std::ptrdiff_t>(at[1])));
}

Value length(Arguments arguments) {
  if (!arguments[0].valid()) fail("reflect: call of reflect.Value.Type on zero Value");
  const Value item = indirect(arguments[0]);
  if (!item.valid() || is_nil_pointer(item)) fail("len of nil pointer");
  if (item.kind() != Kind::kString && item.kind() != Kind::kSlice && item.kind() != Kind::kMap)
    fail("len of type " + item.type().name);
  return Value::of(static_cast<std::int64_t>(item.size()));
}

Value call(Arguments arguments) {
  const Value callee = arguments[0].inside();
  if (!callee.valid()) fail("call of nil");
  fail("non-function of type " + callee.type().name);
}

// The arguments of html, js and urlquery as one text.
std::string joined_text(Arguments arguments) {
  Value::Items shown;
  for (const Value& argument : arguments) {
    const Value value = indirect(argument);
    shown.push_back(value.valid() ? value : Value::of(std::string("<no value>")));
  }
  return go_print(shown);
}

std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\0':
        out += "\uFFFD";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string javascript(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = front_rune(text);
    const char32_t c = rune.value;
    if (c == '\\' || c == '\'' || c == '"') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '=' || (c >= 0x80 && !is_printable(c))) {
      out += fmt::format("\\u{:04X}", static_cast<std::uint32_t>(c));
    } else {
      out += text.substr(0, rune.bytes);
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

std::string url_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// Docker's.

Value split(Arguments arguments) {
  std::string_view text = arguments[0].string();
  const std::string& separator = arguments[1].string();
  Value::Items parts;
  const auto add = [&](std::string_view part) {
    if (parts.size() == kMostParts) fail(fmt::format("more than {} parts", kMostParts));
    parts.push_back(Value::of(std::string(part)));
  };
  if (separator.empty()) {  // into characters
    for (; !text.empty(); text.remove_prefix(front_rune(text).bytes)) add(text.substr(0, front_rune(text).bytes));
    return Value::slice(types::kStrings, std::move(parts));
  }
  for (std::size_t at = 0; (at = text.find(separator)) != std::string_view::npos;) {
    add(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  add(text);
  return Value::slice(types::kStrings, std::move(parts));
}

Value join(Arguments arguments) {
  std::string out;
  bool first = true;
  const auto add = [&](const Value& item) {
    if (!first) out += arguments[1].string();
    first = false;
    out += go_print(std::span(&item, 1));
    if (out.size() > kMostOutput) fail(fmt::format("output larger than {} bytes", kMostOutput));
  };
  if (arguments[0].kind() == Kind::kMap) {
    std::vector<std::string> shown;
    for (const auto& [key, member] : arguments[0].members()) shown.push_back(go_print(std::span(&member, 1)));
    std::sort(shown.begin(), shown.end());
    for (const std::string& text : shown) add(Value::of(text));
  } else {
    for (const Value& item : arguments[0].items()) add(item);
  }
  return Value::of(std::move(out));
}

std::string mapped(std::string_view text, char32_t (*change)(char32_t)) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = front_rune(text);
    append_rune(out, rune.valid ? change(rune.value) : kReplacement);
    text.remove_prefix(rune.bytes);
  }
  return out;
}

// The first letter of each word in upper case; words end at what is neither letter nor digit nor '_' in ASCII, and at
// blanks beyond.
std::string title(std::string_view text) {
  std::string out;
  bool at_word = true;
  while (!text.empty()) {
    const Rune rune = front_rune(text);
    append_rune(out, at_word ? to_upper(rune.value) : rune.value);
    const bool is_blank = rune.value == 0x85 || rune.value == 0xA0 || rune.value == 0x1680 ||
                          (rune.value >= 0x2000 && rune.value <= 0x200A) || rune.value == 0x2028 ||
                          rune.value == 0x2029 || rune.value == 0x202F || rune.value == 0x205F || rune.value == 0x3000;
    at_word = rune.value < 0x80 ? rune.value != '_' && !is_letter_or_digit(rune.value) : is_blank;
    text.remove_prefix(rune.bytes);
  }
  return out;
}

Value pad(Arguments arguments) {
  const std::string& text = arguments[0].string();
  const std::int64_t before = arguments[1].integer(), after = arguments[2].integer();
  if (text.empty()) return arguments[0];
  if (before < 0 || after < 0) fail("strings: negative Repeat count");
  constexpr std::int64_t kMost = kMostOutput / 4;
  if (before > kMost || after > kMost) fail(fmt::format("output larger than {} bytes", kMostOutput));
  return Value::of(std::string(static_cast<std::size_t>(before), ' ') + text +
                   std::string(static_cast<std::size_t>(after), ' '));
}

Value truncate(Arguments arguments) {
  const std::string& text = arguments[0].string();
  const std::int64_t most = arguments[1].integer();
  if (most > 0 && text.size() < static_cast<std::uint64_t>(most)) return arguments[0];
  if (most < 0) fail(fmt::format("runtime error: slice bounds out of range [:{}]", most));
  return Value::of(text.substr(0, static_cast<std::size_t>(most)));
}

using Functions = std::map<std::string, Function, std::less<>>;

constexpr const Type* kAny = &types::kAny;
constexpr const Type* kValue = &types::kReflectValue;
constexpr const Type* kString = &types::kString;
constexpr const Type* kInt = &types::kInt;

Functions comparisons() {
  const auto two = [](auto test) {
    return Function{{kValue, kValue}, false, [test](Arguments a) { return Value::of(bool(test(a[0], a[1]))); }};
  };
  const auto equal = [](const Value& a, const Value& b) { return compare_equal(std::vector<Value>{a, b}).boolean(); };
  Functions functions;
  functions["eq"] = {{kValue, kValue}, true, compare_equal};
  functions["ne"] = two([=](const Value& a, const Value& b) { return !equal(a, b); });
  functions["lt"] = two(is_less);
  functions["le"] = two([=](const Value& a, const Value& b) { return is_less(a, b) || equal(a, b); });
  functions["gt"] = two([=](const Value& a, const Value& b) { return !(is_less(a, b) || equal(a, b)); });
  functions["ge"] = two([](const Value& a, const Value& b) { return !is_less(a, b); });
  return functions;
}

Functions all_functions() {
  const auto text_of = [](auto make) { return [make](Arguments a) { return Value::of(std::string(make(a))); }; };
  const auto escape = [&](std::string (*change)(std::string_view)) {
    return Function{{kAny}, true, [change](Arguments a) { return Value::of(change(joined_text(a))); }};
  };
  const auto change = [&](auto make) {
    return Function{{kString}, false, [make](Arguments a) { return Value::of(std::string(make(a[0].string()))); }};
  };
  Functions functions = comparisons();
  // and, or: evaluated where they are called, as they stop at the first argument that decides.
  functions["and"] = {{kValue, kValue}, true};
  functions["or"] = {{kValue, kValue}, true};
  functions["call"] = {{kValue, kValue}, true, call};
  functions["html"] = escape(html);
  functions["index"] = {{kValue, kValue}, true, index};
  functions["js"] = escape(javascript);
  functions["len"] = {{kValue}, false, length};
  functions["not"] = {{kValue}, false, [](Arguments a) { return Value::of(!is_true(a[0])); }};
  functions["print"] = {{kAny}, true, text_of([](Arguments a) { return go_print(a); })};
  functions["printf"] = {
      {kString, kAny}, true, text_of([](Arguments a) { return go_printf(a[0].string(), a.subspan(1)); })};
  functions["println"] = {{kAny}, true, text_of([](Arguments a) { return go_println(a); })};
  functions["slice"] = {{kValue, kValue}, true, slice};
  functions["urlquery"] = escape(url_query);

  functions["join"] = {{&types::kStrings, kString}, false, join};
  functions["json"] = {{kAny}, false, text_of([](Arguments a) { return to_json(a[0]); })};
  functions["lower"] = change([](std::string_view text) { return mapped(text, to_lower); });
  functions["pad"] = {{kString, kInt, kInt}, false, pad};
  functions["split"] = {{kString, kString}, false, split};
  functions["title"] = change([](std::string_view text) { return title(text); });
  functions["truncate"] = {{kString, kInt}, false, truncate};
  functions["upper"] = change([](std::string_view text) { return mapped(text, to_upper); });
  return functions;
}

const Functions& functions() {
  static const Functions all = all_functions();
  return all;
}

Functions header_functions() {
  const auto first = [](Arguments a) { return a[0]; };
  Functions functions;
  for (const char* name : {"json", "title", "lower", "upper"}) functions[name] = {{kString}, false, first};
  for (const char* name : {"split", "join"}) functions[name] = {{kString, kString}, false, first};
  functions["truncate"] = {{kString, kInt}, false, first};
  return functions;
}

}  // namespace

bool is_function(std::string_view name) { return functions().find(name) != functions().end(); }
const Function& function(std::string_view name) { return functions().find(name)->second; }

const Function* header_function(std::string_view name) {
  static const Functions headers = header_functions();
  const auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

}  // namespace davit::text
