// From words to a tree, by the grammar of Go's text/template, with Go's messages.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "text/runes.h"
#include "text/template_functions.h"
#include "text/template_lexer.h"
#include "text/template_node.h"

namespace davit::text {

namespace {

using base::Code;
using base::Error;
using Pointer = Node::Pointer;

// Parentheses and blocks inside one another. Go allows far more; nobody writes them, and the stack is finite.
constexpr int kDeepest = 500;

class Parser {
 public:
  explicit Parser(Forest& forest) : forest_(forest), lexer_(forest.text) {}

  void parse() {
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

 private:
  // What a definition inside the text has of its own.
  struct Scope {
    std::vector<std::string> variables = {"$"};
    int ranges = 0;
    std::size_t action_line = 0;
  };

  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepest) parser_.fail("max expression depth exceeded");
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  // Words, with up to three read ahead.
  Token next() {
    if (ahead_ > 0) {
      --ahead_;
    } else {
      tokens_[0] = lexer_.next();
    }
    return tokens_[ahead_];
  }
  void back() { ++ahead_; }
  void back(const Token& one) {
    tokens_[1] = one;
    ahead_ = 2;
  }
  void back(const Token& two, const Token& one) {  // in the order they stand
    tokens_[1] = one;
    tokens_[2] = two;
    ahead_ = 3;
  }
  const Token& peek() {
    if (ahead_ == 0) {
      tokens_[0] = lexer_.next();
      ahead_ = 1;
    }
    return tokens_[ahead_ - 1];
  }
  Token next_word() {
    Token token = next();
    while (token.word == Word::kSpace) token = next();
    return token;
  }
  Token peek_word() {
    Token token = next_word();
    back();
    return token;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error::format(Code::kInvalidArgument, "template: {}:{}: {}", forest_.name, tokens_[0].line, message);
  }

  [[noreturn]] void unexpected(const Token& token, std::string_view context) const {
    if (token.word != Word::kError) fail(fmt::format("unexpected {} in {}", token.shown(), context));
    std::string extra;
    if (scope_.action_line != 0 && scope_.action_line != token.line) {
      extra = fmt::format(" in action started at {}:{}", forest_.name, scope_.action_line);
      if (token.text.ends_with(" action")) extra = extra.substr(std::string_view(" in action").size());
    }
    fail(token.text + extra);
  }

  Token expect(Word word, std::string_view context) {
    Token token = next_word();
    if (token.word != word) unexpected(token, context);
    return token;
  }

  static Pointer make(NodeKind kind, std::size_t position) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->position = position;
    return node;
  }

  static bool is_empty(const Node& node) {
    if (node.kind == NodeKind::kText) return node.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
    return node.kind == NodeKind::kList &&
           std::all_of(node.parts.begin(), node.parts.end(), [](const Pointer& part) { return is_empty(*part); });
  }

  void add(const std::string& name, Pointer root) {
    Pointer& tree = forest_.trees[name];
    if (tree == nullptr || is_empty(*tree)) {
      tree = std::move(root);
    } else if (!is_empty(*root)) {
      fail("template: multiple definition of template " + go_quote(name));
    }
  }

  std::string string_constant(const Token& token, std::string_view context) {
    if (token.word != Word::kString && token.word != Word::kRawString) unexpected(token, context);
    const auto text = go_unquote(token.text);
    if (!text) fail("invalid syntax");
    return *text;
  }

  // A body that is a template of its own, up to its end.
  void own_body(const std::string& name, const std::string& context) {
    const Deeper deeper(*this);
    const Scope outer = std::exchange(scope_, Scope());
    auto [root, end] = item_list();
    if (end->kind != NodeKind::kEnd) fail(fmt::format("unexpected {} in {}", end->shown(), context));
    add(name, std::move(root));
    scope_ = outer;
  }

  void definition() {
    const std::string context = "define clause";
    const Scope outer = std::exchange(scope_, Scope());
    const std::string name = string_constant(next_word(), context);
    expect(Word::kRightDelimiter, context);
    own_body(name, context);
    scope_ = outer;
  }

  // Up to an end or else, which is returned beside the list.
  std::pair<Pointer, Pointer> item_list() {
    Pointer list = make(NodeKind::kList, peek_word().position);
    while (peek_word().word != Word::kEnd) {
      Pointer node = text_or_action();
      if (node->kind == NodeKind::kEnd || node->kind == NodeKind::kElse) return {std::move(list), std::move(node)};
      list->parts.push_back(std::move(node));
    }
    fail("unexpected EOF");
  }

  Pointer text_or_action() {
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

  Pointer action() {
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

  Pointer leave_range(NodeKind kind, const Token& keyword) {
    const std::string shown = "{{" + keyword.text + "}}";
    if (const Token token = next_word(); token.word != Word::kRightDelimiter) unexpected(token, shown);
    if (scope_.ranges == 0) fail(shown + " outside {{range}}");
    return make(kind, keyword.position);
  }

  Pointer else_control() {
    // "{{else if …" is "{{else}}{{if …": the if is left to be read.
    const Token token = peek_word();
    if (token.word == Word::kIf || token.word == Word::kWith) return make(NodeKind::kElse, token.position);
    return make(NodeKind::kElse, expect(Word::kRightDelimiter, "else").position);
  }

  Pointer branch(NodeKind kind) {
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

  Pointer block() {
    const std::string context = "block clause";
    const Token token = next_word();
    Pointer node = make(NodeKind::kTemplate, token.position);
    node->text = string_constant(token, context);
    node->pipe = pipeline(context, Word::kRightDelimiter);
    own_body(node->text, context);
    return node;
  }

  Pointer template_control() {
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

  Pointer variable(const Token& token) {
    Pointer node = make(NodeKind::kVariable, token.position);
    node->names.push_back(token.text);
    return node;
  }

  void declare(Node& pipe, const Token& token) {
    pipe.variables.push_back(variable(token));
    scope_.variables.push_back(token.text);
  }

  // "$x :=", "$x =", "$i, $x :=" at the front of a pipeline.
  void declarations(Node& pipe, std::string_view context) {
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

  Pointer pipeline(std::string_view context, Word end) {
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

  void check(const Node& pipe, std::string_view context) const {
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

  Pointer command() {
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

  // A term and the fields right behind it.
  Pointer operand() {
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

  Pointer term() {
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

  Forest& forest_;
  Lexer lexer_;
  std::array<Token, 3> tokens_;
  std::size_t ahead_ = 0;
  Scope scope_;
  int depth_ = 0;
};

}  // namespace

Forest parse_template(std::string name, std::string text) {
  Forest forest{.name = std::move(name), .text = std::move(text), .trees = {}};
  Parser(forest).parse();
  return forest;
}

}  // namespace davit::text
