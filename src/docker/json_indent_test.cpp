#include "docker/json_indent.h"

#include <gtest/gtest.h>

namespace davit::docker {
namespace {

TEST(JsonIndent, AsGoDoesIt) {
  EXPECT_EQ(indent_json(R"({"a":1,"b":[ ],"c":{ },"d":[1, 2],"e":{"f":"x, {y}: \" \\"}})", "\t"),
            "{\n\t\"a\": 1,\n\t\"b\": [],\n\t\"c\": {},\n\t\"d\": [\n\t\t1,\n\t\t2\n\t],\n\t\"e\": {\n\t\t\"f\": \"x, "
            "{y}: \\\" \\\\\"\n\t}\n}");
}

TEST(JsonIndent, ValuesStayAsTheyAreWritten) {
  EXPECT_EQ(indent_json("{ \"z\" :1.50e+2 ,\n\"a\":\"\\u00e9\\/\" }", "   "),
            "{\n   \"z\": 1.50e+2,\n   \"a\": \"\\u00e9\\/\"\n}");
  EXPECT_EQ(indent_json(" null\n", " "), "null");
}

TEST(JsonIndent, OfWhatItMadeIsTheSame) {
  const std::string once = indent_json(R"([[],[{}],{"a":[{"b":null}]}])", "  ");
  EXPECT_EQ(indent_json(once, "  "), once);
}

}  // namespace
}  // namespace davit::docker
