// Calls of functions and methods: their arguments by the types of the parameters.

#include <fmt/format.h>

#include "base/error.h"
#include "text/go_format.h"
#include "text/template_executor.h"

namespace davit::text {

namespace {

// Bytes of all that one execution's functions may make: variables keep them until its end.
constexpr std::size_t kMostMade = 4 * kMostOutput;

bool can_be_nil(const Type& type) {
  return type.kind == Kind::kInterface || type.kind == Kind::kSlice || type.kind == Kind::kMap ||
         type.kind == Kind::kPointer || &type == &types::kReflectValue;
}

bool is_assignable(const Type& from, const Type& to) {
  if (&from == &to || to.kind == Kind::kInterface) return true;
  // join takes any slice and any map, as docker's CLI since 29; before, []string alone.
  return &to == &types::kStrings && (from.kind == Kind::kSlice || from.kind == Kind::kMap);
}

}  // namespace

Value Executor::function_call(const Value& dot, const Node& node, const Node& command, const Nodes& words,
                              const Value* final) {
  at(node);
  const Function* chosen = options_.for_header ? header_function(node.text) : nullptr;
  if (chosen == nullptr) chosen = &function(node.text);
  const Callee callee{chosen->parameters, chosen->variadic, chosen->call, node.text == "and", node.text == "or"};
  return call(dot, callee, command, node.text, words, final);
}

Value Executor::call(const Value& dot, const Callee& callee, const Node& node, const std::string& name,
                     const Nodes& words, const Value* final) {
  const Deeper deeper(*this);
  const std::size_t given = words.empty() ? 0 : words.size() - 1;  // the first word is the function itself
  const std::size_t count = given + (final == nullptr ? 0 : 1);
  const std::size_t fixed = callee.parameters.size() - (callee.variadic ? 1 : 0);
  if (callee.variadic && count < fixed)
    fail(fmt::format("wrong number of args for {}: want at least {} got {}", name, fixed, given));
  if (!callee.variadic && count != fixed)
    fail(fmt::format("wrong number of args for {}: want {} got {}", name, fixed, count));
  const auto type_of = [&](std::size_t i) -> const Type& {
    return *callee.parameters[std::min(i, callee.parameters.size() - 1)];
  };

  if (callee.is_and || callee.is_or) {
    Value value;
    for (std::size_t i = 0; i < given; ++i) {
      value = argument(dot, type_of(0), *words[i + 1]);
      if (is_true(value) == callee.is_or) return value;
    }
    return final == nullptr ? value : fit(*final, type_of(0));
  }

  std::vector<Value> arguments;
  for (std::size_t i = 0; i < given; ++i) arguments.push_back(argument(dot, type_of(i), *words[i + 1]));
  if (final != nullptr) arguments.push_back(fit(*final, type_of(given)));
  try {
    Value result = callee.call(arguments);
    if (result.kind() == Kind::kString && result.size() > kMostOutput)
      throw base::Error::format(base::Code::kInvalidArgument, "output larger than {} bytes", kMostOutput);
    if (result.valid()) made_ += result.size();
    if (made_ > kMostMade)
      throw base::Error::format(base::Code::kInvalidArgument, "more than {} bytes made on the way", kMostMade);
    return result;
  } catch (const base::Error& error) {
    at(node);
    fail(fmt::format("error calling {}: {}", name, error.message()));
  }
}

// The value as a parameter of the type.
Value Executor::fit(const Value& value, const Type& type) {
  if (!value.valid()) {
    if (!can_be_nil(type)) fail("invalid value; expected " + type.name);
    return &type == &types::kReflectValue ? Value() : Value::zero(type);
  }
  if (&type == &types::kReflectValue) return value;
  const Value inside = value.inside();
  if (!inside.valid()) {  // a nil interface
    if (type.kind == Kind::kInterface) return value;
    fail(fmt::format("wrong type for value; expected {}; got {}", type.name, value.type().name));
  }
  if (is_assignable(inside.type(), type)) return inside;
  if (inside.kind() == Kind::kPointer && is_assignable(*inside.type().element, type)) {
    if (inside.is_nil()) fail("dereference of nil pointer of type " + type.name);
    return inside.target();
  }
  fail(fmt::format("wrong type for value; expected {}; got {}", type.name, inside.type().name));
}

Value Executor::argument(const Value& dot, const Type& type, const Node& node) {
  static const Nodes none;
  at(node);
  switch (node.kind) {
    case NodeKind::kDot:
      return fit(dot, type);
    case NodeKind::kNil:
      if (!can_be_nil(type)) fail("cannot assign nil to " + type.name);
      return &type == &types::kReflectValue ? Value() : Value::zero(type);
    case NodeKind::kField:
      return fit(fields(dot, dot, node, 0, none, nullptr), type);
    case NodeKind::kVariable:
      return fit(variable(dot, node, none, nullptr), type);
    case NodeKind::kPipe:
      return fit(pipeline(dot, &node), type);
    case NodeKind::kIdentifier:
      return fit(function_call(dot, node, node, none, nullptr), type);
    case NodeKind::kChain:
      return fit(chain(dot, node, none, nullptr), type);
    default:
      return literal(dot, type, node);
  }
}

Value Executor::literal(const Value&, const Type& type, const Node& node) {
  at(node);
  if (type.kind == Kind::kInterface || &type == &types::kReflectValue) {
    if (node.kind == NodeKind::kBool) return Value::of(node.truth);
    if (node.kind == NodeKind::kNumber) return constant(node);
    return Value::of(node.value);
  }
  switch (type.kind) {
    case Kind::kString:
      if (node.kind == NodeKind::kString) return Value::of(node.value);
      fail("expected string; found " + node.shown());
    case Kind::kInt:
      if (node.kind == NodeKind::kNumber && node.number.integer) return Value::of(*node.number.integer, type);
      fail("expected integer; found " + node.shown());
    case Kind::kBool:
      if (node.kind == NodeKind::kBool) return Value::of(node.truth);
      fail("expected bool; found " + node.shown());
    default:
      fail(fmt::format("can't handle {} for arg of type {}", node.shown(), type.name));
  }
}

}  // namespace davit::text
