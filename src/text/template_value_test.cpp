#include "text/template_value.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "text/template_test_support.h"

namespace davit::text {
namespace {

using Field = Type::Field;

const Type kInner{.kind = Kind::kStruct,
                  .name = "p.Inner",
                  .fields = {Field{.name = "Names", .json = "names", .type = &types::kStrings, .omit_empty = true},
                             Field{.name = "Set", .json = "set", .type = &types::kSet}}};
const Type kInnerPointer{.kind = Kind::kPointer, .name = "*p.Inner", .element = &kInner};
const Type kOuter{.kind = Kind::kStruct,
                  .name = "p.Outer",
                  .fields = {Field{.name = "ID", .json = "Id", .type = &types::kString},
                             Field{.name = "Size", .json = "Size", .type = &types::kInt64, .omit_empty = true},
                             Field{.name = "Inner", .json = {}, .type = &kInner, .embedded = true},
                             Field{.name = "Next", .json = "Next", .type = &kInnerPointer},
                             Field{.name = "Any", .json = "Any", .type = &types::kAny},
                             Field{.name = "At", .json = "At", .type = &types::kTime}}};

Value typed(const char* json) { return from_json(boost::json::parse(json), kOuter); }
Value untyped(const char* json) { return from_json(boost::json::parse(json)); }

std::string lenient(const std::string& text, const Value& dot) { return made_of(text, dot, Template::Options()); }

TEST(TemplateValue, AStructHasItsFieldsByGosNames) {
  const Value value =
      typed(R"({"Id": "x", "Size": 3, "names": ["a", "b"], "At": "2026-11-23T10:00:00.5Z", "Other": 1})");
  EXPECT_EQ(lenient("{{.ID}} {{.Size}} {{.Names}} {{.Inner.Names}} {{.At}}", value),
            "x 3 [a b] [a b] 2026-11-23 10:00:00.5 +0000 UTC");
  EXPECT_EQ(lenient("{{.Id}}", value),
            "template: :1:2: executing \"\" at <.Id>: can't evaluate field Id in type p.Outer");
  EXPECT_EQ(lenient("{{.Other}}", value),
            "template: :1:2: executing \"\" at <.Other>: can't evaluate field Other in type p.Outer");
}

TEST(TemplateValue, ANilPointerHasFieldsOnlyInName) {
  const Value value = typed("{}");
  EXPECT_EQ(lenient("{{.Next}}{{if .Next}}x{{end}} {{eq .Next nil}}", value), "<nil> true");
  EXPECT_EQ(lenient("{{.Next.Names}}", value),
            "template: :1:7: executing \"\" at <.Next.Names>: nil pointer evaluating *p.Inner.Names");
  EXPECT_EQ(lenient("{{.Next.Nope}}", value),
            "template: :1:7: executing \"\" at <.Next.Nope>: can't evaluate field Nope in type *p.Inner");
  EXPECT_EQ(lenient("{{range .Next}}x{{end}}", value),
            "template: :1:8: executing \"\" at <.Next>: range can't iterate over <nil>");
}

TEST(TemplateValue, AMapLacksKeysQuietlyUnlessToldOtherwise) {
  const Value value = untyped(R"({"a": {"b": 1}, "n": null})");
  EXPECT_EQ(lenient("{{.x}} {{.x.y}} {{.n}} {{.a.b}} {{.a.x}}", value),
            "<no value> <no value> <no value> 1 <no value>");
  EXPECT_EQ(made_of("{{.x}}", value), "template: :1:2: executing \"\" at <.x>: map has no entry for key \"x\"");
  EXPECT_EQ(lenient("{{.n.y}}", value),
            "template: :1:4: executing \"\" at <.n.y>: nil pointer evaluating interface {}.y");
  EXPECT_EQ(lenient("{{.a.b.c}}", value),
            "template: :1:4: executing \"\" at <.a.b.c>: can't evaluate field c in type interface {}");
}

TEST(TemplateValue, NumbersWithoutATypeAreTextForGo) {
  const Value value = untyped(R"({"n": 5, "f": 1.5})");
  EXPECT_EQ(lenient("{{.n}} {{.f}} {{printf \"%T %d\" .n .n}} {{json .n}}", value),
            "5 1.5 json.Number %!d(json.Number=5) 5");
  EXPECT_EQ(lenient("{{upper .n}}", value),
            "template: :1:8: executing \"\" at <.n>: wrong type for value; expected string; got json.Number");
}

TEST(TemplateValue, IsPrintedAsGoPrintsIt) {
  const Value value = untyped(R"({"b": [1, "x", null, true], "a": {"z": {}, "y": "q"}})");
  EXPECT_EQ(lenient("{{.}}", value), "map[a:map[y:q z:map[]] b:[1 x <nil> true]]");
  EXPECT_EQ(lenient("{{.}}", typed(R"({"Id": "x", "set": {"k": {}}, "Any": [1]})")),
            "{x 0 {[] map[k:{}]} <nil> [1] 0001-01-01 00:00:00 +0000 UTC}");
  EXPECT_EQ(lenient("{{printf \"%+v\" .Inner}} {{printf \"%#v\" .Inner}}", typed("{}")),
            "{Names:[] Set:map[]} p.Inner{Names:[]string(nil), Set:map[string]struct {}(nil)}");
}

TEST(TemplateValue, JsonHasAStructsOrderAndAMapsKeysSorted) {
  EXPECT_EQ(to_json(typed(R"({"Id": "<x>", "Any": {"b": 1, "a": null}})")),
            R"({"Id":"<x>","set":null,"Next":null,"Any":{"a":null,"b":1},"At":"0001-01-01T00:00:00Z"})");
  EXPECT_EQ(to_json(typed(R"({"Size": 7, "names": ["a"], "Next": {"set": {}}})")),
            R"({"Id":"","Size":7,"names":["a"],"set":null,"Next":{"set":{}},"Any":null,"At":"0001-01-01T00:00:00Z"})");
  EXPECT_EQ(to_json(Value::of(std::string("<&>")), true), R"("\u003c\u0026\u003e")");
  EXPECT_EQ(to_json(Value::of(1e21)) + to_json(Value::of(1e-7)) + to_json(Value::of(0.5)), "1e+211e-70.5");
  EXPECT_EQ(to_json(Value()), "null");
  EXPECT_EQ(to_json(Value::of(std::string("\xff\x01\n\xe2\x80\xa8"))), R"("\ufffd\u0001\n\u2028")");
}

TEST(TemplateValue, MethodsAreCalledWithTheirArguments) {
  Type row{.kind = Kind::kStruct, .name = "p.row", .json_of_methods = true};
  row.methods["ID"] = {{}, [](const Value& self, std::span<const Value>) { return self.members().at("ID"); }};
  row.methods["Label"] = {{&types::kString}, [](const Value&, std::span<const Value> arguments) {
                            return Value::of("label " + arguments[0].string());
                          }};
  const Type pointer{.kind = Kind::kPointer, .name = "*p.row", .element = &row};
  const Value value = Value::pointer(pointer, Value::object(row, {{"ID", Value::of(std::string("<i>"))}}));
  EXPECT_EQ(lenient("{{.ID}} {{.Label \"k\"}} {{\"k\" | .Label}} {{json .}} {{json .ID}}", value),
            "<i> label k label k {\"ID\":\"\\u003ci\\u003e\"} \"<i>\"");
  EXPECT_EQ(lenient("{{.Label}}", value),
            "template: :1:2: executing \"\" at <.Label>: wrong number of args for Label: want 1 got 0");
  EXPECT_EQ(lenient("{{.Label 1}}", value), "template: :1:9: executing \"\" at <1>: expected string; found 1");
  EXPECT_EQ(lenient("{{.ID 1}}", value),
            "template: :1:2: executing \"\" at <.ID>: wrong number of args for ID: want 0 got 1");
  EXPECT_EQ(lenient("{{.Nope}}", value),
            "template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *p.row");
}

TEST(TemplateValue, JoinTakesListsAndMaps) {
  const Value value = untyped(R"({"l": ["a", 1, true], "m": {"x": "q", "y": "p"}})");
  EXPECT_EQ(lenient("{{join .l \",\"}} {{join .m \",\"}} {{join nil \",\"}}", value), "a,1,true p,q ");
  EXPECT_EQ(lenient("{{join \"x\" \",\"}}", value),
            "template: :1:7: executing \"\" at <\"x\">: can't handle \"x\" for arg of type []string");
}

TEST(TemplateHeader, FunctionsLeaveAHeaderAsItIs) {
  const Value headers = Value::map(types::kStringMap, {{"ID", Value::of(std::string("IMAGE ID"))}});
  const auto header = [&](const char* text) { return made_of(text, headers, {.for_header = true}); };
  EXPECT_EQ(
      header("{{json .ID}} {{lower .ID}} {{truncate .ID 2}} {{join .ID \"x\"}} {{split .ID \" \"}} {{pad .ID 1 1}}|"),
      "IMAGE ID IMAGE ID IMAGE ID IMAGE ID IMAGE ID  IMAGE ID |");
  EXPECT_EQ(header("{{.Nope}}"), "<no value>");
}

}  // namespace
}  // namespace davit::text
