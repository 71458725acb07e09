#include "dockerfile/parser.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Statements statements_of(const std::string& text) {
  const Source source("Dockerfile", text);
  return parse_statements(source, read_directives(source));
}

std::string parser_mistake(const std::string& text) {
  try {
    statements_of(text);
  } catch (const SourceError& error) {
    return fmt::format("{}-{}: {}", error.lines().first, error.lines().last, error.reason());
  }
  return "";
}

// Keyword, flags, arguments and lines of each statement, one a line.
std::string dump(const std::string& text) {
  std::string out;
  for (const Statement& statement : statements_of(text).all) {
    out += fmt::format("{}-{} {}", statement.lines.first, statement.lines.last, statement.keyword);
    for (const std::string& flag : statement.flags) out += " " + flag;
    for (const std::string& word : statement.arguments.words) out += " [" + word + "]";
    for (const KeyValue& pair : statement.arguments.pairs) {
      out += fmt::format(" [{}{}{}]", pair.key, pair.legacy ? " " : "=", pair.value);
    }
    out += statement.arguments.json ? " json\n" : "\n";
  }
  return out;
}

struct ParserRow {
  const char* text;
  const char* dump;
};

TEST(DockerfileParser, SplitsStatements) {
  const ParserRow rows[] = {
      {"FROM alpine:3 AS x\n", "1-1 FROM [alpine:3] [AS] [x]\n"},
      {"  from\ta\n\nrun  make  all \n", "1-1 from [a]\n3-3 run [make  all]\n"},
      {"RUN a \\\n  b \\  \n# no\n\n  c\nUSER d", "1-5 RUN [a   b   c]\n6-6 USER [d]\n"},
      {"RUN a \\\\\nUSER b", "1-1 RUN [a \\\\]\n2-2 USER [b]\n"},
      {"\\\nFROM a\n", "1-2 FROM [a]\n"},
      {"RUN a \\", "1-1 RUN [a]\n"},
      {"# escape=`\nRUN a `\n b\\\nUSER c\n", "2-3 RUN [a  b\\]\n4-4 USER [c]\n"},
      {"\xef\xbb\xbf"
       "FROM a\r\nRUN b \\\r\n c\r\n",
       "1-1 FROM [a]\n2-3 RUN [b  c]\n"},
      {"RUN --mount=type=cache,target=/x --network=none -- --y",
       "1-1 RUN --mount=type=cache,target=/x --network=none [--y]\n"},
      {"COPY --chown=\"a b\":c --x=d\\ e f g", "1-1 COPY --chown=a b:c --x=d e [f] [g]\n"},
      {"CMD [\"a\", \"b\\u0041\\n\"]", "1-1 CMD [a] [bA\n] json\n"},
      {"CMD [\"a\", 'b']", "1-1 CMD [[\"a\", 'b']]\n"},
      {"RUN [ -f x ] && y", "1-1 RUN [[ -f x ] && y]\n"},
      {"COPY [\"a b\", \"c\"]", "1-1 COPY [a b] [c] json\n"},
      {"VOLUME /a /b", "1-1 VOLUME [/a] [/b]\n"},
      {"CMD []", "1-1 CMD json\n"},
      {"ENV a=b c=\"d e\" f=g\\ h i='j \\'", "1-1 ENV [a=b] [c=\"d e\"] [f=g\\ h] [i='j \\']\n"},
      {"ENV a b  c=d", "1-1 ENV [a b  c=d]\n"},
      {"LABEL \"a b\"=c", "1-1 LABEL [\"a b\"=c]\n"},
      {"ARG a b=c d=\"e f\"", "1-1 ARG [a] [b=c] [d=\"e f\"]\n"},
      {"HEALTHCHECK --interval=1s CMD [\"a\"]", "1-1 HEALTHCHECK --interval=1s [CMD] [a] json\n"},
      {"HEALTHCHECK NONE", "1-1 HEALTHCHECK [NONE]\n"},
      {"ONBUILD RUN --x make", "1-1 ONBUILD [RUN] [make]\n"},
      {"MAINTAINER a b", "1-1 MAINTAINER [a b]\n"},
      {"EXPOSE 80 443/tcp", "1-1 EXPOSE [80] [443/tcp]\n"},
      {"frob a b", "1-1 frob\n"},
  };
  for (const ParserRow& row : rows) EXPECT_EQ(dump(row.text), row.dump) << row.text;
}

TEST(DockerfileParser, MistakesHaveTheirLines) {
  const ParserRow rows[] = {
      {"# only a comment\n", "1-1: file with no instructions"},
      {"FROM a\nENV x\n", "2-2: ENV must have two arguments"},
      {"FROM a\nENV x=1 y\n", "2-2: Syntax error - can't find = in \"y\". Must be of the form: name=value"},
      {"FROM a\nCMD [\"a\", 1]\n", "2-2: when using JSON array syntax, arrays must be comprised of strings only"},
      {"FROM a\nRUN <<EOF\nb\nEO\n", "2-4: unterminated heredoc"},
      {"FROM a\nRUN \xc3\x28\n", "2-2: line 2, byte 5: not UTF-8"},
      {"FROM a\nRUN \xed\xa0\x80\n", "2-2: line 2, byte 5: not UTF-8"},
  };
  for (const ParserRow& row : rows) EXPECT_EQ(parser_mistake(row.text), row.dump) << row.text;
  EXPECT_EQ(parser_mistake(std::string("FROM a\nRUN \0b", 12)), "2-2: line 2 has a NUL byte");
}

TEST(DockerfileParser, LinesAreBounded) {
  EXPECT_EQ(parser_mistake("FROM a\nRUN " + std::string(kMaxLineBytes - 4, 'x') + "\n"), "");
  EXPECT_EQ(parser_mistake("FROM a\nRUN " + std::string(kMaxLineBytes - 3, 'x') + "\n"),
            "2-2: dockerfile line greater than max allowed size of 65535");
}

TEST(DockerfileParser, EmptyLinesInContinuationsAreNoted) {
  EXPECT_THAT(statements_of("FROM a\nRUN b \\\n\n  c\nRUN d \\\n# e\n f").empty_continuations,
              ElementsAre(LineRange{4, 4}));
}

TEST(DockerfileParser, CommentsBelongToTheInstructionBelow) {
  const Statements all = statements_of("# escape=`\n# one\n#\n# two\n  # three \nFROM a\nRUN b `\n # inside\n c\n");
  EXPECT_THAT(all.all[0].comments, ElementsAre("two", "three"));
  EXPECT_TRUE(all.all[1].comments.empty());
  EXPECT_EQ(all.all[1].text, "RUN b  c");
}

std::string heredocs_of(const std::string& text) {
  std::string out;
  for (const Statement& statement : statements_of(text).all) {
    for (const Heredoc& heredoc : statement.heredocs) {
      out += fmt::format("{}<<{}{}{}({})", heredoc.descriptor, heredoc.chomps ? "-" : "", heredoc.name,
                         heredoc.expands ? "" : "'", heredoc.content);
    }
    out += fmt::format(" {}-{};", statement.lines.first, statement.lines.last);
  }
  return out;
}

TEST(DockerfileParser, CollectsHeredocs) {
  const ParserRow rows[] = {
      {"RUN <<EOF\na\n  b\r\nEOF\n", "0<<EOF(a\n  b\r\n) 1-4;"},
      {"RUN <<-EOF\n\ta\n\tEOF\n", "0<<-EOF(\ta\n) 1-3;"},
      {"RUN <<'EOF' cat 3<<\"X\"\na\nEOF\nb\nX\n", "0<<EOF'(a\n)3<<X'(b\n) 1-5;"},
      {"COPY <<a <<b /\nb\na\na\nb\n", "0<<a(b\n)0<<b(a\n) 1-5;"},
      {"ADD << EOF /\nEOF", "0<<EOF() 1-2;"},
      {"ONBUILD RUN <<EOF\na\nEOF\n", "0<<EOF(a\n) 1-3;"},
      {"RUN <<'one two'\none two\n", "0<<one two'() 1-2;"},
      {"RUN <<eo\\'f\neo'f\n", "0<<eo'f() 1-2;"},
      {"RUN <<$EOF\n$EOF\n", "0<<$EOF() 1-2;"},
      {"RUN cat <<< x\n", " 1-1;"},
      {"RUN \"<<EOF\"\n", " 1-1;"},
      {"RUN echo \"<<EOF\n", " 1-1;"},
      {"RUN [\"<<EOF\"]\n", " 1-1;"},
      {"USER <<EOF\n", " 1-1;"},
      {"CMD <<EOF\n", " 1-1;"},
      {"RUN <<EOF \\\n  cat\n# kept\n\nEOF\n", "0<<EOF(# kept\n\n) 1-5;"},
  };
  for (const ParserRow& row : rows) EXPECT_EQ(heredocs_of(row.text), row.dump) << row.text;
}

TEST(DockerfileParser, ChompingDropsTabsAtTheStartOfLines) {
  EXPECT_EQ(chomped("\t\ta\n\t b\tc\n\n\t\n"), "a\n b\tc\n\n\n");
}

}  // namespace
}  // namespace davit::dockerfile
