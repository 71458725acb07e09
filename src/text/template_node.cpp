#include "text/template_node.h"

#include <algorithm>

#include <fmt/format.h>

#include "text/runes.h"

namespace davit::text {

namespace {

void append_pipe(std::string& out, const Node& pipe) {
  for (std::size_t i = 0; i < pipe.variables.size(); ++i) {
    if (i > 0) out += ", ";
    pipe.variables[i]->append_to(out);
  }
  if (!pipe.variables.empty()) out += pipe.assigns ? " = " : " := ";
  for (std::size_t i = 0; i < pipe.parts.size(); ++i) {
    if (i > 0) out += " | ";
    pipe.parts[i]->append_to(out);
  }
}

void append_operand(std::string& out, const Node& node) {
  if (node.kind == NodeKind::kPipe) out += '(';
  node.append_to(out);
  if (node.kind == NodeKind::kPipe) out += ')';
}

void append_branch(std::string& out, const Node& node, const char* keyword) {
  out += fmt::format("{{{{{} ", keyword);
  node.pipe->append_to(out);
  out += "}}";
  node.list->append_to(out);
  if (node.otherwise != nullptr) {
    out += "{{else}}";
    node.otherwise->append_to(out);
  }
  out += "{{end}}";
}

}  // namespace

void Node::append_to(std::string& out) const {
  switch (kind) {
    case NodeKind::kText:
    case NodeKind::kIdentifier:
    case NodeKind::kNumber:
    case NodeKind::kString:
      out += text;
      break;
    case NodeKind::kAction:
      out += "{{";
      pipe->append_to(out);
      out += "}}";
      break;
    case NodeKind::kIf:
      append_branch(out, *this, "if");
      break;
    case NodeKind::kRange:
      append_branch(out, *this, "range");
      break;
    case NodeKind::kWith:
      append_branch(out, *this, "with");
      break;
    case NodeKind::kTemplate:
      out += "{{template " + go_quote(text);
      if (pipe != nullptr) {
        out += ' ';
        pipe->append_to(out);
      }
      out += "}}";
      break;
    case NodeKind::kBreak:
      out += "{{break}}";
      break;
    case NodeKind::kContinue:
      out += "{{continue}}";
      break;
    case NodeKind::kElse:
      out += "{{else}}";
      break;
    case NodeKind::kEnd:
      out += "{{end}}";
      break;
    case NodeKind::kList:
      for (const Pointer& part : parts) part->append_to(out);
      break;
    case NodeKind::kPipe:
      append_pipe(out, *this);
      break;
    case NodeKind::kCommand:
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out += ' ';
        append_operand(out, *parts[i]);
      }
      break;
    case NodeKind::kVariable:
      for (std::size_t i = 0; i < names.size(); ++i) out += (i > 0 ? "." : "") + names[i];
      break;
    case NodeKind::kChain:
      append_operand(out, *parts[0]);
      [[fallthrough]];
    case NodeKind::kField:
      for (const std::string& name : names) out += "." + name;
      break;
    case NodeKind::kDot:
      out += '.';
      break;
    case NodeKind::kNil:
      out += "nil";
      break;
    case NodeKind::kBool:
      out += truth ? "true" : "false";
      break;
  }
}

std::string Node::shown() const {
  std::string out;
  append_to(out);
  return out;
}

std::string Forest::place(const Node& node) const {
  const std::string_view before = std::string_view(text).substr(0, node.position);
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  return fmt::format("{}:{}:{}", name, 1 + std::count(before.begin(), before.end(), '\n'), column);
}

}  // namespace davit::text
