// The values of pipelines, commands, fields and variables.

#include <fmt/format.h>

#include "text/template_executor.h"

namespace davit::text {

Value Executor::pipeline(const Value& dot, const Node* pipe) {
  if (pipe == nullptr) return {};
  const Deeper deeper(*this);
  at(*pipe);
  Value value;
  const Value* final = nullptr;
  for (const Node::Pointer& part : pipe->parts) {
    value = command(dot, *part, final).inside();
    final = &value;
  }
  for (const Node::Pointer& name : pipe->variables) {
    if (pipe->assigns) {
      find_variable(name->names[0]).value = value;
    } else {
      variables_.push_back({name->names[0], value});
    }
  }
  return value;
}

void Executor::not_a_function(const Nodes& words, const Value* final) {
  if (words.size() > 1 || final != nullptr) fail("can't give argument to non-function " + words[0]->shown());
}

Value Executor::command(const Value& dot, const Node& command, const Value* final) {
  const Nodes& words = command.parts;
  const Node& first = *words[0];
  switch (first.kind) {
    case NodeKind::kField:
      at(first);
      return fields(dot, dot, first, 0, words, final);
    case NodeKind::kChain:
      return chain(dot, first, words, final);
    case NodeKind::kIdentifier:
      return function_call(dot, first, command, words, final);
    case NodeKind::kPipe:
      not_a_function(words, final);
      return pipeline(dot, &first);
    case NodeKind::kVariable:
      return variable(dot, first, words, final);
    default:
      break;
  }
  at(first);
  not_a_function(words, final);
  switch (first.kind) {
    case NodeKind::kBool:
      return Value::of(first.truth);
    case NodeKind::kDot:
      return dot;
    case NodeKind::kNumber:
      return constant(first);
    case NodeKind::kString:
      return Value::of(first.value);
    default:
      fail("nil is not a command");
  }
}

// A number where nothing says its type: a float where it is written as one, else an int.
Value Executor::constant(const Node& node) {
  at(node);
  const std::string& text = node.text;
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
                      text.find_first_of("pP") == std::string::npos;
  if (node.number.real && !is_hex && !node.number.is_character && text.find_first_of(".eEpP") != std::string::npos)
    return Value::of(*node.number.real);
  if (!node.number.integer) fail(text + " overflows int");
  return Value::of(*node.number.integer);
}

Value Executor::variable(const Value& dot, const Node& node, const Nodes& words, const Value* final) {
  at(node);
  const Value value = find_variable(node.names[0]).value;
  if (node.names.size() == 1) {
    not_a_function(words, final);
    return value;
  }
  return fields(dot, value, node, 1, words, final);
}

Value Executor::chain(const Value& dot, const Node& node, const Nodes& words, const Value* final) {
  at(node);
  const Value head = argument(dot, types::kReflectValue, *node.parts[0]);
  return fields(dot, head, node, 0, words, final);
}

// .A.B.C: the arguments are for the last.
Value Executor::fields(const Value& dot, Value receiver, const Node& node, std::size_t first, const Nodes& words,
                       const Value* final) {
  static const Nodes none;
  for (std::size_t i = first; i + 1 < node.names.size(); ++i) {
    receiver = field(dot, node.names[i], node, none, nullptr, receiver);
  }
  return field(dot, node.names.back(), node, words, final, receiver);
}

Value Executor::missing(const std::string& key) {
  if (options_.missing_key_is_error) fail(fmt::format("map has no entry for key \"{}\"", key));
  return {};
}

Value Executor::field(const Value& dot, const std::string& name, const Node& node, const Nodes& words,
                      const Value* final, const Value& given) {
  if (!given.valid()) {
    if (options_.missing_key_is_error) fail(fmt::format("nil data; no entry for key \"{}\"", name));
    return {};
  }
  const Type& type = given.type();
  Value receiver = given.inside();
  if (!receiver.valid()) fail(fmt::format("nil pointer evaluating {}.{}", type.name, name));
  bool is_nil = receiver.kind() == Kind::kPointer && receiver.is_nil();
  while (receiver.kind() == Kind::kPointer && !is_nil) {
    receiver = receiver.target().inside();
    is_nil = receiver.kind() == Kind::kPointer && receiver.is_nil();
  }
  if (is_nil) {
    const Type& target = *receiver.type().element;
    if (target.kind != Kind::kStruct || Value::find_field(target, name) != nullptr)
      fail(fmt::format("nil pointer evaluating {}.{}", type.name, name));
    fail(fmt::format("can't evaluate field {} in type {}", name, type.name));
  }
  const auto& methods = receiver.type().methods;
  if (const auto method = methods.find(name); method != methods.end()) {
    const Callee callee{method->second.parameters, false,
                        [&](std::span<const Value> arguments) { return method->second.call(receiver, arguments); }};
    return call(dot, callee, node, name, words, final);
  }
  const bool has_arguments = words.size() > 1 || final != nullptr;
  if (receiver.kind() == Kind::kStruct && Value::find_field(receiver.type(), name) != nullptr) {
    if (has_arguments) fail(name + " has arguments but cannot be invoked as function");
    return receiver.field(name);
  }
  if (receiver.kind() == Kind::kMap) {
    if (has_arguments) fail(name + " is not a method but has arguments");
    const auto found = receiver.members().find(name);
    return found == receiver.members().end() ? missing(name) : found->second;
  }
  fail(fmt::format("can't evaluate field {} in type {}", name, type.name));
}

}  // namespace davit::text
