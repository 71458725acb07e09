#pragma once
// A Dockerfile's text as statements: one for each instruction, with its continued lines joined, comments taken out,
// here-documents collected and its arguments split. What the arguments mean is instruction.h's.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/directives.h"
#include "dockerfile/heredoc.h"
#include "dockerfile/source.h"

namespace davit::dockerfile {

struct KeyValue {
  std::string key;
  std::string value;
  bool legacy = false;  // "ENV key value": no equals sign
  bool operator==(const KeyValue&) const = default;
};

struct Arguments {
  std::vector<std::string> words;  // a shell form is one word
  std::vector<KeyValue> pairs;     // of ENV and LABEL
  bool json = false;               // an exec form: the words are a JSON array's
};

struct Statement {
  std::string keyword;             // as written: "RUN", "run"
  std::vector<std::string> flags;  // "--mount=…", without quotes
  Arguments arguments;
  std::string text;                   // the line, continuations joined, without here-documents
  LineRange lines;                    // here-documents included
  std::vector<std::string> comments;  // those since the last instruction, without "#", directives left out
  std::vector<Heredoc> heredocs;
};

struct Statements {
  std::vector<Statement> all;
  std::vector<LineRange> empty_continuations;  // of statements with empty lines in a continuation
};

// The longest line, without its line end.
inline constexpr std::size_t kMaxLineBytes = 65535;

// Throws SourceError: a text that is not UTF-8 or has a NUL, a line that is too long, no instructions at all, a
// here-document without end, arguments that their instruction cannot split.
Statements parse_statements(const Source& source, const Directives& directives);

}  // namespace davit::dockerfile
