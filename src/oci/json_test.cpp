#include "oci/json.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::oci::json {
namespace {

template <typename Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
    return e.message();
  }
  return "";
}

std::string parse_message(const std::string& text, const Limits& limits = {}) {
  return message_of([&] { Document::parse(text, "thing", limits); });
}

// What `get` says of the member "x" of the object.
template <typename Getter>
std::string getter_message(const std::string& text, Getter get) {
  const Document document = Document::parse(text, "thing");
  return message_of([&] { get(document.root().at("x")); });
}

TEST(JsonDocument, SaysWhatIsNoJsonAndWhere) {
  EXPECT_EQ(parse_message(""), "invalid thing: at byte 0: the document ends too early");
  EXPECT_EQ(parse_message("{\"a\":"), "invalid thing: at byte 5: the document ends too early");
  EXPECT_EQ(parse_message("{} x"), "invalid thing: at byte 3: something follows the end of the document");
  EXPECT_EQ(parse_message("{a:1}"), "invalid thing: at byte 1: not valid JSON (syntax error)");
  EXPECT_NE(parse_message("{\"a\":\"\xff\"}"), "") << "not UTF-8";
  EXPECT_NE(parse_message("{\"a\":NaN}"), "");
  EXPECT_NE(parse_message("{\"a\":1,}"), "");
  EXPECT_NE(parse_message("// comment\n{}"), "");
  EXPECT_NE(parse_message("\"\\ud800\""), "") << "half a surrogate pair";
  EXPECT_EQ(parse_message("{}\n"), "");
}

TEST(JsonDocument, HasALimitOnItsSize) {
  EXPECT_EQ(parse_message("[1,2,3,4]", {.bytes = 9}), "");
  EXPECT_EQ(parse_message("[1,2,3,4]", {.bytes = 8}), "invalid thing: 9 bytes are more than the 8 that davit accepts");
}

TEST(JsonDocument, HasALimitOnItsDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(parse_message(nested(64)), "");
  EXPECT_NE(parse_message(nested(65)).find("nested more than 64 levels deep"), std::string::npos);
  EXPECT_NE(parse_message(std::string(4'000'000, '[')).find("nested more than 64 levels deep"), std::string::npos);
  std::string objects = "1";
  for (int i = 0; i < 65; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_NE(parse_message(objects).find("nested more than 64 levels deep"), std::string::npos);
}

TEST(JsonDocument, RefusesAKeyThatIsThereTwice) {
  EXPECT_NE(parse_message(R"({"a":1,"b":2,"a":3})").find("the key \"a\" is there twice"), std::string::npos);
  EXPECT_NE(parse_message(R"({"a":1,"\u0061":3})").find("the key \"a\" is there twice"), std::string::npos);
  EXPECT_NE(parse_message(R"({"":1,"":3})").find("the key \"\" is there twice"), std::string::npos);
  EXPECT_EQ(parse_message(R"({"a":{"a":{"b":1}},"b":[{"a":1},{"a":1}]})"), "");
}

TEST(JsonNode, NamesTheMissingByItsPath) {
  const Document document = Document::parse(R"({"layers":[{},{"x":null}],"a b":{"c":1}})", "manifest");
  std::vector<std::string> messages;
  document.root().at("layers").each_element(
      [&](const Node& layer) { messages.push_back(message_of([&] { layer.at("x"); })); });
  EXPECT_EQ(messages, (std::vector<std::string>{"invalid manifest: layers[0].x is missing",
                                                "invalid manifest: layers[1].x is missing"}));
  EXPECT_EQ(document.root().at("a b").at("c").path(), "[\"a b\"].c");
  EXPECT_EQ(message_of([&] { document.root().at("b"); }), "invalid manifest: b is missing");
}

TEST(JsonNode, TellsAbsentFromNull) {
  const Document document = Document::parse(R"({"a":null,"b":1})", "thing");
  const Node root = document.root();
  EXPECT_TRUE(root.has("a"));
  EXPECT_FALSE(root.find("a"));
  EXPECT_FALSE(root.has("c"));
  EXPECT_TRUE(root.find("b"));
  EXPECT_EQ(root.string_or_empty("a"), "");
  EXPECT_TRUE(root.strings_or_empty("c").empty());
}

TEST(JsonNode, SaysWhichTypeItWants) {
  EXPECT_EQ(getter_message(R"({"x":1})", [](const Node& n) { n.string(); }),
            "invalid thing: x must be a string, not a number");
  EXPECT_EQ(getter_message(R"({"x":"1"})", [](const Node& n) { n.size(); }),
            "invalid thing: x must be a whole number, not a string");
  EXPECT_EQ(getter_message(R"({"x":{}})", [](const Node& n) { n.strings(); }),
            "invalid thing: x must be an array, not an object");
  EXPECT_EQ(getter_message(R"({"x":["a",true]})", [](const Node& n) { n.strings(); }),
            "invalid thing: x[1] must be a string, not a boolean");
  EXPECT_EQ(getter_message(R"({"x":[]})", [](const Node& n) { n.string_map(); }),
            "invalid thing: x must be an object, not an array");
  EXPECT_EQ(getter_message(R"({"x":{"a/b":[]}})", [](const Node& n) { n.string_map(); }),
            "invalid thing: x[\"a/b\"] must be a string, not an array");
  EXPECT_EQ(getter_message(R"({"x":0})", [](const Node& n) { n.boolean(); }),
            "invalid thing: x must be true or false, not a number");
  EXPECT_EQ(getter_message(R"({"x":"sha256:1"})", [](const Node& n) { n.digest(); }),
            "invalid thing: x is an invalid digest 'sha256:1': invalid checksum digest length");
  EXPECT_EQ(getter_message(R"({"x":"yesterday"})", [](const Node& n) { n.time(); }),
            "invalid thing: x must be a time as in 2006-01-02T15:04:05Z, not 'yesterday'");
  const Document array = Document::parse("[]", "thing");
  EXPECT_EQ(message_of([&] { array.root().at("x"); }), "invalid thing: the document must be an object, not an array");
}

TEST(JsonNode, TakesOnlyWholeNumbersInRange) {
  const auto size_message = [](const std::string& number) {
    return getter_message("{\"x\":" + number + "}", [](const Node& n) { n.size(); });
  };
  EXPECT_EQ(size_message("0"), "");
  EXPECT_EQ(size_message("9223372036854775807"), "");
  EXPECT_EQ(size_message("-1"), "invalid thing: x must not be negative (-1)");
  EXPECT_EQ(size_message("9223372036854775808"),
            "invalid thing: x must be at most 9223372036854775807, not 9223372036854775808");
  EXPECT_NE(size_message("99999999999999999999999"), "");
  EXPECT_NE(size_message("1e400"), "");
  EXPECT_NE(size_message("1.5"), "");
  EXPECT_NE(size_message("1.0"), "");
  EXPECT_NE(size_message("1e3"), "");
  const Document document = Document::parse(R"({"x":-9223372036854775808})", "thing");
  EXPECT_EQ(document.root().at("x").integer(), INT64_MIN);
}

}  // namespace
}  // namespace davit::oci::json
