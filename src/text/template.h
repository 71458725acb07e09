#pragma once
// Go's text/template with docker's functions: what --format takes. docs/coverage/templates.md says what is there and
// what is refused.

#include <memory>
#include <string>
#include <string_view>

#include "text/template_value.h"

namespace davit::text {

class Template {
 public:
  // Throws Error(kInvalidArgument) in Go's words with the line: "template: :1: unclosed action". `name` stands in
  // messages.
  explicit Template(std::string text, std::string name = "");
  ~Template();
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;

  struct Options {
    bool missing_key_is_error = false;  // else a key that a map lacks is "<no value>"
    bool for_header = false;            // functions leave a table's header as it is, where docker's do
  };
  // Appends what the template makes of the value; of a failure, what came before it. Throws Error(kInvalidArgument) in
  // Go's words with line and column: "template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in type T".
  // Time and output are bounded: what runs away is an error too.
  void execute(const Value& dot, std::string& out, const Options& options) const;
  void execute(const Value& dot, std::string& out) const { execute(dot, out, Options()); }

  // Whether the value of the field may matter: it is named somewhere, or the whole is used.
  bool uses(std::string_view field) const;

  // The template again, as text that parses to the same. What is defined inside comes first, by name.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::text
