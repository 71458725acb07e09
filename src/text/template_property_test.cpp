// Templates made at random: literal text is what is printed, what parses prints itself, and nothing crashes.

#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "text/runes.h"
#include "text/template_test_support.h"

namespace davit::text {
namespace {

std::string one_of(std::initializer_list<const char*> words) {
  return *rc::gen::elementOf(std::vector<std::string>(words.begin(), words.end()));
}

std::string pipeline(int depth);

std::string operand(int depth) {
  if (depth > 0 && *rc::gen::inRange(0, 4) == 0) return "(" + pipeline(depth - 1) + ")" + one_of({"", "", ".a"});
  return one_of({".", ".a", ".a.b", ".list", "$", "$.a", "\"x\\t\"", "`raw`", "'c'", "1", "-2", "0x1F", "1.5", "true",
                 "false", "nil", "(print)", "len", "$x"});
}

std::string command(int depth) {
  std::string text = one_of({"", "print ", "printf \"%v %5s|\" ", "len ", "index ", "slice ", "eq ", "lt ", "and ",
                             "or ", "not ", "json ", "join ", "upper ", "html ", "truncate ", "pad ", "split "});
  const int operands = *rc::gen::inRange(text.empty() ? 1 : 0, 4);
  for (int i = 0; i < operands; ++i) text += operand(depth) + " ";
  return text;
}

std::string pipeline(int depth) {
  std::string text = command(depth);
  for (int i = *rc::gen::inRange(0, 3); i > 1; --i)
    text += "| " + one_of({"print", "len", "json", "printf \"%q\"", "upper"}) + " ";
  return text;
}

std::string part(int depth) {
  const std::string left = one_of({"{{", "{{", "{{- "}), right = one_of({"}}", "}}", " -}}"});
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 3);
  const auto body = [&] { return depth > 0 ? part(depth - 1) : std::string(); };
  switch (kind) {
    case 0:
      return one_of({"text", " ", "\n", "é", "{", "}"});
    case 1:
    case 2:
      return left + pipeline(depth) + right;
    case 3:
      return left + "if " + pipeline(0) + right + body() + "{{else}}" + body() + left + "end" + right;
    case 4:
      return left + "range $x := " + pipeline(0) + right + body() + one_of({"", "{{break}}", "{{continue}}"}) +
             "{{end}}";
    case 5:
      return left + "with $x := " + pipeline(0) + right + body() + "{{else with 1}}" + body() + "{{end}}";
    case 6:
      return "{{define \"t" + std::to_string(*rc::gen::inRange(0, 3)) + "\"}}" + body() + "{{end}}";
    default:
      return "{{$x := " + pipeline(0) + "}}" + body() + one_of({"", "{{template \"t1\" .}}"});
  }
}

Value some_value() {
  return from_json(boost::json::parse(R"({"a": {"b": "x"}, "list": [1, "two", null, {"a": true}], "n": 5})"));
}

RC_GTEST_PROP(TemplateProperty, LiteralTextIsPrintedAsItIs, (std::string text)) {
  RC_PRE(text.find("{{") == std::string::npos);
  RC_ASSERT(made_of(text) == text);
}

RC_GTEST_PROP(TemplateProperty, AQuotedConstantIsItsText, (std::string text)) {
  RC_ASSERT(go_unquote(go_quote(text)) == text);
  if (text.find("{{") == std::string::npos) RC_ASSERT(made_of("{{" + go_quote(text) + "}}") == text);
}

RC_GTEST_PROP(TemplateProperty, WhatParsesPrintsItself, ()) {
  const std::string text = part(3) + part(2);
  RC_LOG() << text;
  try {
    const Template first(text);
    const Template second(first.text());
    RC_ASSERT(second.text() == first.text());
    const auto shown = [&](const Template& parsed) {
      std::string out;
      try {
        parsed.execute(some_value(), out);
      } catch (const base::Error& error) {
        // The place may be another one: the text is.
        out += error.message().substr(error.message().find("executing"));
      }
      return out;
    };
    RC_ASSERT(shown(first) == shown(second));
  } catch (const base::Error& error) {
    RC_ASSERT(error.code() == base::Code::kInvalidArgument);
    RC_ASSERT(error.message().starts_with("template: :"));
  }
}

}  // namespace
}  // namespace davit::text
