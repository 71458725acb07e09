#pragma once
// From words to a tree, by the grammar of Go's text/template, with Go's messages. Private to src/text.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/template_lexer.h"
#include "text/template_node.h"

namespace davit::text {

// Parentheses and blocks inside one another. Go allows far more; nobody writes them, and the stack is finite.
inline constexpr int kDeepestTemplate = 500;

class Parser {
 public:
  explicit Parser(Forest& forest) : forest_(forest), lexer_(forest.text) {}

  void parse();

 private:
  using Pointer = Node::Pointer;

  // What a definition inside the text has of its own.
  struct Scope {
    std::vector<std::string> variables = {"$"};
    int ranges = 0;
    std::size_t action_line = 0;
  };

  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepestTemplate) parser_.fail("max expression depth exceeded");
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  // Words, with up to three read ahead.
  Token next();
  void back() { ++ahead_; }
  void back(const Token& one);
  void back(const Token& two, const Token& one) {  // in the order they stand
    tokens_[1] = one;
    tokens_[2] = two;
    ahead_ = 3;
  }
  const Token& peek();
  Token next_word();
  Token peek_word();
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void unexpected(const Token& token, std::string_view context) const;
  Token expect(Word word, std::string_view context);
  static Pointer make(NodeKind kind, std::size_t position);
  static bool is_empty(const Node& node);
  void add(const std::string& name, Pointer root);
  std::string string_constant(const Token& token, std::string_view context);

  // A body that is a template of its own, up to its end.
  void own_body(const std::string& name, const std::string& context);
  void definition();

  // Up to an end or else, which is returned beside the list.
  std::pair<Pointer, Pointer> item_list();
  Pointer text_or_action();
  Pointer action();
  Pointer leave_range(NodeKind kind, const Token& keyword);
  Pointer else_control();
  Pointer branch(NodeKind kind);
  Pointer block();
  Pointer template_control();
  Pointer variable(const Token& token);
  void declare(Node& pipe, const Token& token);

  // "$x :=", "$x =", "$i, $x :=" at the front of a pipeline.
  void declarations(Node& pipe, std::string_view context);
  Pointer pipeline(std::string_view context, Word end);
  void check(const Node& pipe, std::string_view context) const;
  Pointer command();

  // A term and the fields right behind it.
  Pointer operand();
  Pointer term();

  Forest& forest_;
  Lexer lexer_;
  std::array<Token, 3> tokens_;
  std::size_t ahead_ = 0;
  Scope scope_;
  int depth_ = 0;
};

}  // namespace davit::text
