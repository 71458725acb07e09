#include "dockerfile/directives.h"

#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

Directives directives_of(std::string text) { return read_directives(Source("Dockerfile", std::move(text))); }

std::string directive_mistake(std::string text) {
  try {
    directives_of(std::move(text));
  } catch (const SourceError& error) {
    return error.reason();
  }
  return "";
}

TEST(ParserDirectives, AreReadAtTheTop) {
  const Directives all =
      directives_of("# syntax=docker/dockerfile:1 // more\n#ESCAPE = `  \n  # check=skip=all\nFROM a\n");
  EXPECT_EQ(all.escape, '`');
  EXPECT_EQ(all.syntax->value, "docker/dockerfile:1");
  EXPECT_EQ(all.syntax->line, 1U);
  EXPECT_EQ(all.lines, 3U);
  EXPECT_FALSE(all.check);  // looked for from the first byte of a line, as BuildKit does
  EXPECT_EQ(directives_of("# check=skip=A,B;error=true\r\nFROM a").check->value, "skip=A,B;error=true");
}

TEST(ParserDirectives, EndAtTheFirstLineThatIsNone) {
  for (const char* text : {"\n# escape=`\nFROM a", "# hello\n# escape=`\n", "FROM a\n# escape=`\n",
                           "# key=v\n# escape=`\n", "# escape=\nFROM a", "# escape `\n", "# 1escape=`\n"}) {
    const Directives none = directives_of(text);
    EXPECT_EQ(none.escape, '\\') << text;
    EXPECT_EQ(none.lines, 0U) << text;
  }
}

TEST(ParserDirectives, SyntaxIsFoundAfterAShebangAndInOtherComments) {
  EXPECT_EQ(directives_of("#!/bin/sh\n# syntax=docker/dockerfile:1.7\n").syntax->line, 2U);
  EXPECT_EQ(directives_of("// syntax=docker/dockerfile:1\n").syntax->value, "docker/dockerfile:1");
  EXPECT_FALSE(directives_of("#!/bin/sh\n\n# syntax=docker/dockerfile:1\n").syntax);
}

TEST(ParserDirectives, MistakesAreErrors) {
  EXPECT_EQ(directive_mistake("# escape=`\n# escape=`\n"), "only one escape parser directive can be used");
  EXPECT_EQ(directive_mistake("# escape=x\n"), "invalid escape token 'x' does not match ` or \\");
  EXPECT_EQ(
      directive_mistake("# syntax=example.com/other:2\nFROM a"),
      "unsupported syntax \"example.com/other:2\": davit reads docker/dockerfile:1, its versions 1.N and its labs "
      "channel");
}

TEST(ParserDirectives, KnownSyntaxesAreDockersStableAndLabs) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const std::string& known :
       {std::string("docker/dockerfile"), std::string("docker/dockerfile:1"), std::string("docker/dockerfile:1.7"),
        std::string("docker/dockerfile:1.7.1"), std::string("docker/dockerfile:labs"),
        std::string("docker/dockerfile:1-labs"), std::string("docker/dockerfile:1.7-labs"),
        std::string("docker/dockerfile:latest"), std::string("docker.io/docker/dockerfile:1"),
        "docker/dockerfile:1" + digest, "docker/dockerfile" + digest}) {
    EXPECT_TRUE(is_known_syntax(known)) << known;
  }
  for (const char* unknown :
       {"", "docker/dockerfile:2", "docker/dockerfile:1.", "docker/dockerfile:1.x", "docker/dockerfile-upstream:1",
        "docker/dockerfile:", "example.com/docker/dockerfile:1", "docker/dockerfile:1.2.3.4", "dockerfile:1"}) {
    EXPECT_FALSE(is_known_syntax(unknown)) << unknown;
  }
}

}  // namespace
}  // namespace davit::dockerfile
