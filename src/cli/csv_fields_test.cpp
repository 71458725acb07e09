#include "cli/csv_fields.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::cli {
namespace {

using Fields = std::vector<std::string>;

std::string problem(std::string_view line) {
  try {
    csv_fields(line);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

TEST(CsvFields, AreSplitAtCommasOutsideOfQuotes) {
  EXPECT_EQ(csv_fields("a=1,b=2"), (Fields{"a=1", "b=2"}));
  EXPECT_EQ(csv_fields("\"a=1,2\",b"), (Fields{"a=1,2", "b"}));
  EXPECT_EQ(csv_fields("\"a\"\"b\""), (Fields{"a\"b"}));
  EXPECT_EQ(csv_fields("a,"), (Fields{"a", ""}));
  EXPECT_EQ(csv_fields(","), (Fields{"", ""}));
  EXPECT_EQ(csv_fields("\"\""), (Fields{""}));
  EXPECT_EQ(csv_fields(" a , b"), (Fields{" a ", " b"}));
}

TEST(CsvFields, RefuseQuotesInTheWrongPlace) {
  EXPECT_EQ(problem(""), "EOF");
  EXPECT_EQ(problem("a\"b"), "parse error on line 1, column 2: bare \" in non-quoted field");
  EXPECT_EQ(problem("\"a\"b"), "parse error on line 1, column 3: extraneous or missing \" in quoted-field");
  EXPECT_EQ(problem("type=bind,\"source=/etc,target=/x"),
            "parse error on line 1, column 33: extraneous or missing \" in quoted-field");
}

}  // namespace
}  // namespace davit::cli
