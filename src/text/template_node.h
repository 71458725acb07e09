#pragma once
// The tree of a parsed template. Private to src/text.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace davit::text {

enum class NodeKind {
  // Parts of a template.
  kText,
  kAction,
  kIf,
  kRange,
  kWith,
  kTemplate,
  kBreak,
  kContinue,
  kElse,  // these two only while parsing
  kEnd,
  kList,
  // Parts of an action.
  kPipe,
  kCommand,
  kField,
  kVariable,
  kChain,
  kIdentifier,
  kDot,
  kNil,
  kBool,
  kNumber,
  kString,
};

// A number constant: what it can be, by Go's rules for constants.
struct Number {
  std::optional<std::int64_t> integer;
  std::optional<std::uint64_t> natural;
  std::optional<double> real;
  bool is_character = false;
};

struct Node {
  using Pointer = std::unique_ptr<Node>;

  NodeKind kind;
  std::size_t position = 0;
  std::string text;                // as written, of constants; the text; the name of a function or template
  std::string value;               // of a string constant
  std::vector<std::string> names;  // .A.B, $x.A, or the fields of a chain
  std::vector<Pointer> parts;      // of a list; commands of a pipe; words of a command; the head of a chain
  std::vector<Pointer> variables;  // that a pipe declares or assigns
  bool assigns = false;            // = rather than :=
  bool truth = false;              // of a bool
  Number number;
  Pointer pipe, list, otherwise;  // of if, range, with, template, action

  // As Go writes it in messages, and as it can be parsed again.
  std::string shown() const;
  void append_to(std::string& out) const;
};

// One or more templates that were written in one text.
struct Forest {
  std::string name;  // of the whole, for messages
  std::string text;
  std::map<std::string, Node::Pointer> trees;  // by name; what is defined nowhere is not there

  // "name:line:column" of a node.
  std::string place(const Node& node) const;
};

// The constant that the text is. Throws Error(kInvalidArgument) in Go's words.
Number parse_number(const std::string& text);

// Throws Error(kInvalidArgument) "template: NAME:LINE: MESSAGE".
Forest parse_template(std::string name, std::string text);

}  // namespace davit::text
