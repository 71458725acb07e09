#pragma once
// One execution of a template. Private to src/text.

#include <optional>
#include <string>
#include <vector>

#include "text/template.h"
#include "text/template_functions.h"
#include "text/template_node.h"

namespace davit::text {

class Executor {
 public:
  Executor(const Forest& forest, const Template::Options& options, std::string& out)
      : forest_(forest), options_(options), out_(out), start_(out.size()), name_(forest.name) {}

  void run(const Value& dot);

 private:
  using Nodes = std::vector<Node::Pointer>;
  enum class Flow { kOn, kBreak, kContinue };
  struct Variable {
    std::string name;
    Value value;
  };
  class Deeper;

  // Walking (template_executor.cpp).
  Flow walk(const Value& dot, const Node& node);
  Flow walk_list(const Value& dot, const Node& list);
  Flow walk_branch(const Value& dot, const Node& node);
  Flow walk_range(const Value& dot, const Node& node);
  // nothing: there was nothing to go through
  std::optional<Flow> each(const Value& over, const Node& node);
  Flow iterate(const Value& index, const Value& element, const Node& node, bool* stop);
  void walk_template(const Value& dot, const Node& node);
  void write(std::string_view text);
  void print(const Node& node, const Value& value);

  // Evaluating (template_evaluate.cpp). `final` is what a pipeline hands over; nullptr for nothing.
  Value pipeline(const Value& dot, const Node* pipe);
  Value command(const Value& dot, const Node& command, const Value* final);
  Value constant(const Node& number);
  Value variable(const Value& dot, const Node& node, const Nodes& words, const Value* final);
  Value chain(const Value& dot, const Node& node, const Nodes& words, const Value* final);
  Value fields(const Value& dot, Value receiver, const Node& node, std::size_t first, const Nodes& words,
               const Value* final);
  Value field(const Value& dot, const std::string& name, const Node& node, const Nodes& words, const Value* final,
              const Value& receiver);
  Value missing(const std::string& key);
  void not_a_function(const Nodes& words, const Value* final);

  // Calls (template_call.cpp).
  struct Callee {
    const std::vector<const Type*>& parameters;
    bool variadic;
    std::function<Value(std::span<const Value>)> call;
    bool is_and = false, is_or = false;
  };
  Value function_call(const Value& dot, const Node& node, const Node& command, const Nodes& words, const Value* final);
  Value call(const Value& dot, const Callee& callee, const Node& node, const std::string& name, const Nodes& words,
             const Value* final);
  Value argument(const Value& dot, const Type& type, const Node& node);
  Value literal(const Value& dot, const Type& type, const Node& node);
  Value fit(const Value& value, const Type& type);

  [[noreturn]] void fail(const std::string& message) const;
  void at(const Node& node);
  Variable& find_variable(const std::string& name);

  const Forest& forest_;
  const Template::Options& options_;
  std::string& out_;
  std::size_t start_;  // of what this execution writes
  std::string name_;   // of the template that is executed just now
  const Node* at_ = nullptr;
  std::vector<Variable> variables_;
  std::size_t steps_ = 0;
  std::size_t made_ = 0;  // bytes and elements of all that functions gave: what variables can hold
  int depth_ = 0;
};

// Counts how deep the execution is, so that the stack suffices.
class Executor::Deeper {
 public:
  explicit Deeper(Executor& executor);
  ~Deeper() { --executor_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  Executor& executor_;
};

}  // namespace davit::text
