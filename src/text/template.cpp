#include "text/template.h"

#include <algorithm>

#include "text/runes.h"
#include "text/template_executor.h"
#include "text/template_node.h"

namespace davit::text {

namespace {

bool uses_field(const Node& node, std::string_view field) {
  const auto in = [&](const Node::Pointer& part) { return part != nullptr && uses_field(*part, field); };
  if (node.kind == NodeKind::kDot) return true;
  if (node.kind == NodeKind::kVariable && node.names.size() == 1) return true;
  if (std::find(node.names.begin(), node.names.end(), field) != node.names.end()) return true;
  return std::any_of(node.parts.begin(), node.parts.end(), in) || in(node.pipe) || in(node.list) || in(node.otherwise);
}

}  // namespace

struct Template::State {
  Forest forest;
};

Template::Template(std::string text, std::string name)
    : state_(std::make_unique<State>(State{parse_template(std::move(name), std::move(text))})) {}
Template::~Template() = default;
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;

void Template::execute(const Value& dot, std::string& out, const Options& options) const {
  Executor(state_->forest, options, out).run(dot);
}

bool Template::uses(std::string_view field) const {
  return std::any_of(state_->forest.trees.begin(), state_->forest.trees.end(),
                     [&](const auto& tree) { return uses_field(*tree.second, field); });
}

std::string Template::text() const {
  std::string out;
  for (const auto& [name, tree] : state_->forest.trees) {
    if (name != state_->forest.name) out += "{{define " + go_quote(name) + "}}" + tree->shown() + "{{end}}";
  }
  return out + state_->forest.trees.at(state_->forest.name)->shown();
}

}  // namespace davit::text
