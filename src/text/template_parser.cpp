#include "text/template_parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "text/runes.h"

namespace davit::text {

using base::Code;
using base::Error;

void Parser::parse() {
  Pointer root = make(NodeKind::kList, peek().position);
  while (peek().word != Word::kEnd) {
    if (peek().word == Word::kLeftDelimiter) {
      const Token delimiter = next();
      if (next_word().word == Word::kDefine) {
        definition();
        continue;
      }
      back(delimiter);
    }
    Pointer node = text_or_action();
    if (node->kind == NodeKind::kEnd || node->kind == NodeKind::kElse) fail("unexpected " + node->shown());
    root->parts.push_back(std::move(node));
  }
  add(forest_.name, std::move(root));
}

Token Parser::next() {
  if (ahead_ > 0) {
    --ahead_;
  } else {
    tokens_[0] = lexer_.next();
  }
  return tokens_[ahead_];
}

void Parser::back(const Token& one) {
  tokens_[1] = one;
  ahead_ = 2;
}

const Token& Parser::peek() {
  if (ahead_ == 0) {
    tokens_[0] = lexer_.next();
    ahead_ = 1;
  }
  return tokens_[ahead_ - 1];
}

Token Parser::next_word() {
  Token token = next();
  while (token.word == Word::kSpace) token = next();
  return token;
}

Token Parser::peek_word() {
  Token token = next_word();
  back();
  return token;
}

void Parser::fail(const std::string& message) const {
  throw Error::format(Code::kInvalidArgument, "template: {}:{}: {}", forest_.name, tokens_[0].line, message);
}

void Parser::unexpected(const Token& token, std::string_view context) const {
  if (token.word != Word::kError) fail(fmt::format("unexpected {} in {}", token.shown(), context));
  std::string extra;
  if (scope_.action_line != 0 && scope_.action_line != token.line) {
    extra = fmt::format(" in action started at {}:{}", forest_.name, scope_.action_line);
    if (token.text.ends_with(" action")) extra = extra.substr(std::string_view(" in action").size());
  }
  fail(token.text + extra);
}

Token Parser::expect(Word word, std::string_view context) {
  Token token = next_word();
  if (token.word != word) unexpected(token, context);
  return token;
}

Node::Pointer Parser::make(NodeKind kind, std::size_t position) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->position = position;
  return node;
}

bool Parser::is_empty(const Node& node) {
  if (node.kind == NodeKind::kText) return node.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  return node.kind == NodeKind::kList &&
         std::all_of(node.parts.begin(), node.parts.end(), [](const Pointer& part) { return is_empty(*part); });
}

void Parser::add(const std::string& name, Pointer root) {
  Pointer& tree = forest_.trees[name];
  if (tree == nullptr || is_empty(*tree)) {
    tree = std::move(root);
  } else if (!is_empty(*root)) {
    fail("template: multiple definition of template " + go_quote(name));
  }
}

std::string Parser::string_constant(const Token& token, std::string_view context) {
  if (token.word != Word::kString && token.word != Word::kRawString) unexpected(token, context);
  const auto text = go_unquote(token.text);
  if (!text) fail("invalid syntax");
  return *text;
}

void Parser::own_body(const std::string& name, const std::string& context) {
  const Deeper deeper(*this);
  const Scope outer = std::exchange(scope_, Scope());
  auto [root, end] = item_list();
  if (end->kind != NodeKind::kEnd) fail(fmt::format("unexpected {} in {}", end->shown(), context));
  add(name, std::move(root));
  scope_ = outer;
}

void Parser::definition() {
  const std::string context = "define clause";
  const Scope outer = std::exchange(scope_, Scope());
  const std::string name = string_constant(next_word(), context);
  expect(Word::kRightDelimiter, context);
  own_body(name, context);
  scope_ = outer;
}

std::pair<Node::Pointer, Node::Pointer> Parser::item_list() {
  Pointer list = make(NodeKind::kList, peek_word().position);
  while (peek_word().word != Word::kEnd) {
    Pointer node = text_or_action();
    if (node->kind == NodeKind::kEnd || node->kind == NodeKind::kElse) return {std::move(list), std::move(node)};
    list->parts.push_back(std::move(node));
  }
  fail("unexpected EOF");
}

Node::Pointer Parser::text_or_action() {
  const Token token = next_word();
  if (token.word == Word::kText) {
    Pointer node = make(NodeKind::kText, token.position);
    node->text = token.text;
    return node;
  }
  if (token.word != Word::kLeftDelimiter) unexpected(token, "input");
  scope_.action_line = token.line;
  Pointer node = action();
  scope_.action_line = 0;
  return node;
}

Node::Pointer Parser::action() {
  const Token token = next_word();
  switch (token.word) {
    case Word::kBlock:
      return block();
    case Word::kBreak:
      return leave_range(NodeKind::kBreak, token);
    case Word::kContinue:
      return leave_range(NodeKind::kContinue, token);
    case Word::kElse:
      return else_control();
    case Word::kEndKeyword:
      return make(NodeKind::kEnd, expect(Word::kRightDelimiter, "end").position);
    case Word::kIf:
      return branch(NodeKind::kIf);
    case Word::kRange:
      return branch(NodeKind::kRange);
    case Word::kTemplate:
      return template_control();
    case Word::kWith:
      return branch(NodeKind::kWith);
    default:
      break;
  }
  back();
  Pointer node = make(NodeKind::kAction, peek().position);
  node->pipe = pipeline("command", Word::kRightDelimiter);
  return node;
}

Node::Pointer Parser::leave_range(NodeKind kind, const Token& keyword) {
  const std::string shown = "{{" + keyword.text + "}}";
  if (const Token token = next_word(); token.word != Word::kRightDelimiter) unexpected(token, shown);
  if (scope_.ranges == 0) fail(shown + " outside {{range}}");
  return make(kind, keyword.position);
}

Node::Pointer Parser::else_control() {
  // "{{else if …" is "{{else}}{{if …": the if is left to be read.
  const Token token = peek_word();
  if (token.word == Word::kIf || token.word == Word::kWith) return make(NodeKind::kElse, token.position);
  return make(NodeKind::kElse, expect(Word::kRightDelimiter, "else").position);
}

Node::Pointer Parser::branch(NodeKind kind) {
  const Deeper deeper(*this);
  const bool is_range = kind == NodeKind::kRange;
  const std::string_view context = is_range ? "range" : kind == NodeKind::kIf ? "if" : "with";
  const std::size_t variables = scope_.variables.size();
  Pointer node = make(kind, 0);
  node->pipe = pipeline(context, Word::kRightDelimiter);
  node->position = node->pipe->position;
  scope_.ranges += is_range ? 1 : 0;
  auto [list, end] = item_list();
  scope_.ranges -= is_range ? 1 : 0;
  node->list = std::move(list);
  if (end->kind == NodeKind::kElse) {
    const Word chained = kind == NodeKind::kIf ? Word::kIf : Word::kWith;
    if (!is_range && peek().word == chained) {
      next();
      node->otherwise = make(NodeKind::kList, end->position);
      node->otherwise->parts.push_back(branch(kind));
    } else {
      auto [otherwise, last] = item_list();
      if (last->kind != NodeKind::kEnd) fail("expected end; found " + last->shown());
      node->otherwise = std::move(otherwise);
    }
  }
  scope_.variables.resize(variables);
  return node;
}

Node::Pointer Parser::block() {
  const std::string context = "block clause";
  const Token token = next_word();
  Pointer node = make(NodeKind::kTemplate, token.position);
  node->text = string_constant(token, context);
  node->pipe = pipeline(context, Word::kRightDelimiter);
  own_body(node->text, context);
  return node;
}

Node::Pointer Parser::template_control() {
  const std::string context = "template clause";
  const Token token = next_word();
  Pointer node = make(NodeKind::kTemplate, token.position);
  node->text = string_constant(token, context);
  if (next_word().word != Word::kRightDelimiter) {
    back();
    node->pipe = pipeline(context, Word::kRightDelimiter);
  }
  return node;
}

Forest parse_template(std::string name, std::string text) {
  Forest forest{.name = std::move(name), .text = std::move(text), .trees = {}};
  Parser(forest).parse();
  return forest;
}

}  // namespace davit::text
