#include "text/template.h"

#include <gtest/gtest.h>

#include "text/template_test_support.h"

namespace davit::text {
namespace {

TEST(Template, AFailureKeepsWhatCameBeforeIt) {
  std::string out = "so far ";
  EXPECT_THROW(Template("a{{len 3}}b").execute(Value(), out), base::Error);
  EXPECT_EQ(out, "so far a");
}

TEST(Template, ItsNameStandsInMessages) {
  try {
    Template("{{.x", "version");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "template: version:1: unclosed action");
  }
}

TEST(Template, PlacesHaveLineAndColumn) {
  EXPECT_EQ(made_of("a\nbc {{index nil 1}}"),
            "template: :2:5: executing \"\" at <index nil 1>: error calling index: index of untyped nil");
  EXPECT_EQ(made_of("{{define \"x\"}}{{len 1}}{{end}}\n{{template \"x\"}}"),
            "template: :1:16: executing \"x\" at <len 1>: error calling len: len of type int");
  EXPECT_EQ(made_of("\n{{.a\n.b}\n"), "template: :3: bad character U+007D '}' in action started at :2");
  EXPECT_EQ(made_of("{{\n\n  \"x"), "template: :3: unterminated quoted string in action started at :1");
  EXPECT_EQ(made_of("{{\n\n  1"), "template: :3: unclosed action started at :1");
}

TEST(Template, KnowsWhichFieldsItUses) {
  EXPECT_TRUE(Template("{{.ID}}").uses("ID"));
  EXPECT_FALSE(Template("{{.ID}} ID").uses("Size"));
  EXPECT_TRUE(Template("{{if eq (len .Size) 1}}{{end}}").uses("Size"));
  EXPECT_TRUE(Template("{{json .}}").uses("Size"));
  EXPECT_TRUE(Template("{{$x := .}}{{$x.Size}}").uses("Size"));
  EXPECT_TRUE(Template("{{range $}}{{end}}").uses("Size"));
  EXPECT_TRUE(Template("{{define \"x\"}}{{.Size}}{{end}}").uses("Size"));
  EXPECT_FALSE(Template("plain").uses("Size"));
}

TEST(Template, ItsTextMeansTheSame) {
  for (const char* text :
       {"{{if .a}}x{{else if .b}}y{{else}}z{{end}}", "{{range $i, $e := .x}}{{$i}}{{break}}{{end}}",
        "{{define \"t\"}}T{{end}}{{template \"t\" .x}}", "{{with $x := (print 1 | len)}}{{$x}}{{end}}",
        "{{printf \"%q\" `raw` 'c' 0x1f nil true $.a (index .b 0).c}}", "{{$x := 1}}{{$x = 2}}"}) {
    const std::string once = Template(text).text();
    EXPECT_EQ(Template(once).text(), once) << text;
  }
  EXPECT_EQ(Template(" a {{- .x -}} b {{/* c */}}").text(), " a{{.x}}b ");
}

TEST(Template, WhatRunsAwayIsStopped) {
  const auto ends = [](const std::string& text, const char* words) {
    EXPECT_NE(made_of(text).find(words), std::string::npos) << text;
  };
  ends("{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}", "exceeded maximum template depth (");
  ends("{{range 1000000000000}}{{end}}", "exceeded maximum number of steps (");
  ends("{{$x := \"aaaaaaaaaaaaaaaa\"}}{{range 40}}{{$x = print $x $x}}{{end}}", "output larger than");
  ends("{{$x := printf \"%1000000d\" 1}}{{range 100}}{{$x}}{{end}}", "output larger than");
  ends("{{len (split (pad \"a\" 2000000 0) \"\")}}", "more than 1000000 parts");
  ends("{{range 1000}}{{$x := pad \"a\" 10000000 0}}{{end}}", "made on the way");
  std::string deep, closed;
  for (int i = 0; i < 2000; ++i) {
    deep += "(";
    closed += "{{if true}}";
  }
  ends("{{" + deep, "max expression depth exceeded");
  ends(closed, "max expression depth exceeded");
}

}  // namespace
}  // namespace davit::text
