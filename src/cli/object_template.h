#pragma once
// One object through --format, as docker's info, version and inspect print theirs.

#include <optional>
#include <string>

#include "cli/arguments.h"
#include "text/template.h"

namespace davit::cli {

// Throws ClientError "template parsing error: …" with the exit code: 1 for lists, 64 for objects.
text::Template parse_format(std::string format, const std::string& name = "", int exit_code = 1);

// Docker's exit code for a template that is none.
inline constexpr int kBadTemplateExit = 64;

// --format of a command that prints one object. "json" is "{{json .}}".
class ObjectTemplate {
 public:
  // Nothing where --format was not given or is empty. `name` stands in messages.
  static std::optional<ObjectTemplate> from(const Arguments& arguments, const std::string& name = "");

  // Prints what it makes of the value and a newline, also where it fails on the way. Throws ClientError.
  void print(const text::Value& value) const;

 private:
  explicit ObjectTemplate(text::Template parsed) : parsed_(std::move(parsed)) {}
  text::Template parsed_;
};

}  // namespace davit::cli
