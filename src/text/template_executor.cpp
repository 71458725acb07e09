#include "text/template_executor.h"

#include <fmt/format.h>

#include "base/error.h"
#include "text/go_format.h"
#include "text/runes.h"

namespace davit::text {

namespace {

// Far beyond any template that people write; within the stack and a few seconds.
constexpr int kDeepest = 2000;
constexpr std::size_t kMostSteps = 5'000'000;

}  // namespace

Executor::Deeper::Deeper(Executor& executor) : executor_(executor) {
  if (++executor_.depth_ > kDeepest) {
    --executor_.depth_;
    executor_.fail(fmt::format("exceeded maximum template depth ({})", kDeepest));
  }
}

void Executor::fail(const std::string& message) const {
  const std::string where =
      at_ == nullptr ? forest_.name + ": "
                     : fmt::format("{}: executing {} at <{}>: ", forest_.place(*at_), go_quote(name_), at_->shown());
  throw base::Error(base::Code::kInvalidArgument, "template: " + where + message);
}

void Executor::at(const Node& node) {
  at_ = &node;
  if (++steps_ > kMostSteps) fail(fmt::format("exceeded maximum number of steps ({})", kMostSteps));
}

void Executor::run(const Value& dot) {
  variables_ = {{"$", dot}};
  walk(dot, *forest_.trees.at(forest_.name));
}

void Executor::write(std::string_view text) {
  if (out_.size() - start_ + text.size() > kMostOutput) fail(fmt::format("output larger than {} bytes", kMostOutput));
  out_ += text;
}

Executor::Flow Executor::walk_list(const Value& dot, const Node& list) {
  for (const Node::Pointer& part : list.parts) {
    if (const Flow flow = walk(dot, *part); flow != Flow::kOn) return flow;
  }
  return Flow::kOn;
}

Executor::Flow Executor::walk(const Value& dot, const Node& node) {
  const Deeper deeper(*this);
  at(node);
  switch (node.kind) {
    case NodeKind::kText:
      write(node.text);
      return Flow::kOn;
    case NodeKind::kAction:
      // What an action declares lasts until the next end; it prints nothing then.
      if (const Value value = pipeline(dot, node.pipe.get()); node.pipe->variables.empty()) print(node, value);
      return Flow::kOn;
    case NodeKind::kBreak:
      return Flow::kBreak;
    case NodeKind::kContinue:
      return Flow::kContinue;
    case NodeKind::kIf:
    case NodeKind::kWith:
      return walk_branch(dot, node);
    case NodeKind::kRange:
      return walk_range(dot, node);
    case NodeKind::kTemplate:
      walk_template(dot, node);
      return Flow::kOn;
    default:
      return walk_list(dot, node);
  }
}

Executor::Flow Executor::walk_branch(const Value& dot, const Node& node) {
  const std::size_t mark = variables_.size();
  const Value value = pipeline(dot, node.pipe.get());
  Flow flow = Flow::kOn;
  if (is_true(value)) {
    flow = walk(node.kind == NodeKind::kWith ? value : dot, *node.list);
  } else if (node.otherwise != nullptr) {
    flow = walk(dot, *node.otherwise);
  }
  variables_.resize(mark);
  return flow;
}

Executor::Flow Executor::walk_range(const Value& dot, const Node& node) {
  const std::size_t mark = variables_.size();
  Value over = pipeline(dot, node.pipe.get()).inside();
  while (over.kind() == Kind::kPointer && !over.is_nil()) over = over.target().inside();
  auto flow = each(over, node);
  if (!flow) flow = node.otherwise == nullptr ? Flow::kOn : walk(dot, *node.otherwise);
  variables_.resize(mark);
  return *flow;
}

std::optional<Executor::Flow> Executor::each(const Value& over, const Node& node) {
  bool stop = false;
  switch (over.kind()) {
    case Kind::kInt:
      if (node.pipe->variables.size() > 1)
        fail(fmt::format("can't use {} to iterate over more than one variable", over.integer()));
      for (std::int64_t i = 0; i < over.integer() && !stop; ++i) iterate({}, Value::of(i, over.type()), node, &stop);
      return over.integer() > 0 ? std::optional(Flow::kOn) : std::nullopt;
    case Kind::kSlice: {
      std::int64_t i = 0;
      for (const Value& item : over.items()) {
        iterate(Value::of(i++), item, node, &stop);
        if (stop) break;
      }
      return over.items().empty() ? std::nullopt : std::optional(Flow::kOn);
    }
    case Kind::kMap:
      for (const auto& [key, member] : over.members()) {
        iterate(Value::of(key), member, node, &stop);
        if (stop) break;
      }
      return over.members().empty() ? std::nullopt : std::optional(Flow::kOn);
    case Kind::kInvalid:
      return std::nullopt;
    default:
      fail("range can't iterate over " + go_print(std::span(&over, 1)));
  }
}

Executor::Flow Executor::iterate(const Value& index, const Value& element, const Node& node, bool* stop) {
  const auto& declared = node.pipe->variables;
  const std::size_t mark = variables_.size();
  if (declared.size() == 1) {
    Variable& target = node.pipe->assigns ? find_variable(declared[0]->names[0]) : variables_.back();
    target.value = element;
  } else if (declared.size() > 1) {
    const bool assigns = node.pipe->assigns;
    (assigns ? find_variable(declared[0]->names[0]) : variables_[mark - 2]).value = index;
    (assigns ? find_variable(declared[1]->names[0]) : variables_[mark - 1]).value = element;
  }
  *stop = walk(element, *node.list) == Flow::kBreak;
  variables_.resize(mark);
  return Flow::kOn;
}

void Executor::walk_template(const Value& dot, const Node& node) {
  const auto found = forest_.trees.find(node.text);
  if (found == forest_.trees.end()) fail(fmt::format("template {} not defined", go_quote(node.text)));
  const Value inner = pipeline(dot, node.pipe.get());
  // A template sees no variables but its own.
  std::vector<Variable> outer = std::exchange(variables_, {{"$", inner}});
  const std::string outer_name = std::exchange(name_, node.text);
  walk(inner, *found->second);
  name_ = outer_name;
  variables_ = std::move(outer);
}

void Executor::print(const Node& node, const Value& value) {
  at(node);
  Value shown = value;
  while (shown.kind() == Kind::kPointer && !shown.is_nil()) shown = shown.target();
  // Go shows the insides of docker's client here; davit has none to show.
  if (shown.valid() && shown.kind() == Kind::kStruct && shown.type().json_of_methods)
    fail(fmt::format("can't print {} of type *{}: use {{{{json .}}}}", node.shown(), shown.type().name));
  try {
    write(go_shown(shown));
  } catch (const base::Error& error) {
    fail(error.message());
  }
}

Executor::Variable& Executor::find_variable(const std::string& name) {
  for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
    if (it->name == name) return *it;
  }
  fail("undefined variable: " + name);
}

}  // namespace davit::text
