// Pipelines, commands and operands.

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "text/runes.h"
#include "text/template_functions.h"
#include "text/template_parser.h"

namespace davit::text {

using base::Error;

Node::Pointer Parser::variable(const Token& token) {
  Pointer node = make(NodeKind::kVariable, token.position);
  node->names.push_back(token.text);
  return node;
}

void Parser::declare(Node& pipe, const Token& token) {
  pipe.variables.push_back(variable(token));
  scope_.variables.push_back(token.text);
}

void Parser::declarations(Node& pipe, std::string_view context) {
  while (peek_word().word == Word::kVariable) {
    const Token name = next_word();
    const Token adjacent = peek();
    const Token following = peek_word();
    if (following.word == Word::kAssign || following.word == Word::kDeclare) {
      pipe.assigns = following.word == Word::kAssign;
      next_word();
      declare(pipe, name);
      return;
    }
    if (following.word == Word::kChar && following.text == ",") {
      next_word();
      declare(pipe, name);
      if (context != "range" || pipe.variables.size() >= 2) fail(fmt::format("too many declarations in {}", context));
      const Word after = peek_word().word;
      if (after != Word::kVariable && after != Word::kRightDelimiter && after != Word::kRightParenthesis)
        fail("range can only initialize variables");
      continue;
    }
    if (adjacent.word == Word::kSpace) {
      back(name, adjacent);
    } else {
      back(name);
    }
    return;
  }
}

Node::Pointer Parser::pipeline(std::string_view context, Word end) {
  const Deeper deeper(*this);
  Pointer pipe = make(NodeKind::kPipe, peek_word().position);
  declarations(*pipe, context);
  while (true) {
    const Token token = next_word();
    if (token.word == end) break;
    switch (token.word) {
      case Word::kBool:
      case Word::kCharConstant:
      case Word::kComplex:
      case Word::kDot:
      case Word::kField:
      case Word::kIdentifier:
      case Word::kNumber:
      case Word::kNil:
      case Word::kRawString:
      case Word::kString:
      case Word::kVariable:
      case Word::kLeftParenthesis:
        back();
        pipe->parts.push_back(command());
        break;
      default:
        unexpected(token, context);
    }
  }
  check(*pipe, context);
  return pipe;
}

void Parser::check(const Node& pipe, std::string_view context) const {
  if (pipe.parts.empty()) fail(fmt::format("missing value for {}", context));
  for (std::size_t i = 1; i < pipe.parts.size(); ++i) {
    switch (pipe.parts[i]->parts[0]->kind) {
      case NodeKind::kBool:
      case NodeKind::kDot:
      case NodeKind::kNil:
      case NodeKind::kNumber:
      case NodeKind::kString:
        fail(fmt::format("non executable command in pipeline stage {}", i + 1));
      default:
        break;
    }
  }
}

Node::Pointer Parser::command() {
  Pointer node = make(NodeKind::kCommand, peek_word().position);
  while (true) {
    peek_word();
    if (Pointer word = operand()) node->parts.push_back(std::move(word));
    const Token token = next();
    if (token.word == Word::kSpace) continue;
    if (token.word == Word::kRightDelimiter || token.word == Word::kRightParenthesis) {
      back();
    } else if (token.word != Word::kPipe) {
      unexpected(token, "operand");
    }
    break;
  }
  if (node->parts.empty()) fail("empty command");
  return node;
}

Node::Pointer Parser::operand() {
  Pointer node = term();
  if (node == nullptr || peek().word != Word::kField) return node;
  const std::size_t position = peek().position;
  std::vector<std::string> fields;
  while (peek().word == Word::kField) fields.push_back(next().text.substr(1));
  switch (node->kind) {
    case NodeKind::kField:
    case NodeKind::kVariable:
      node->position = position;
      node->names.insert(node->names.end(), fields.begin(), fields.end());
      return node;
    case NodeKind::kBool:
    case NodeKind::kString:
    case NodeKind::kNumber:
    case NodeKind::kNil:
    case NodeKind::kDot:
      fail("unexpected . after term " + go_quote(node->shown()));
    default:
      break;
  }
  Pointer chain = make(NodeKind::kChain, position);
  chain->parts.push_back(std::move(node));
  chain->names = std::move(fields);
  return chain;
}

Node::Pointer Parser::term() {
  const Token token = next_word();
  Pointer node = make(NodeKind::kDot, token.position);
  node->text = token.text;
  switch (token.word) {
    case Word::kIdentifier:
      if (!is_function(token.text)) fail(fmt::format("function {} not defined", go_quote(token.text)));
      node->kind = NodeKind::kIdentifier;
      return node;
    case Word::kDot:
      return node;
    case Word::kNil:
      node->kind = NodeKind::kNil;
      return node;
    case Word::kVariable:
      if (std::find(scope_.variables.begin(), scope_.variables.end(), token.text) == scope_.variables.end())
        fail("undefined variable " + go_quote(token.text));
      return variable(token);
    case Word::kField:
      node->kind = NodeKind::kField;
      node->names.push_back(token.text.substr(1));
      return node;
    case Word::kBool:
      node->kind = NodeKind::kBool;
      node->truth = token.text == "true";
      return node;
    case Word::kCharConstant:
    case Word::kComplex:
    case Word::kNumber:
      node->kind = NodeKind::kNumber;
      try {
        node->number = parse_number(token.text);
      } catch (const Error& error) {
        fail(error.message());
      }
      return node;
    case Word::kLeftParenthesis:
      return pipeline("parenthesized pipeline", Word::kRightParenthesis);
    case Word::kString:
    case Word::kRawString:
      node->kind = NodeKind::kString;
      node->value = string_constant(token, "");
      return node;
    default:
      break;
  }
  back();
  return nullptr;
}
}  // namespace davit::text
