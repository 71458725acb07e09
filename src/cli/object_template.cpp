#include "cli/object_template.h"

#include "cli/output.h"

namespace davit::cli {

text::Template parse_format(std::string format, const std::string& name, int exit_code) {
  try {
    return text::Template(std::move(format), name);
  } catch (const base::Error& error) {
    throw ClientError("template parsing error: " + error.message(), error.code(), exit_code);
  }
}

std::optional<ObjectTemplate> ObjectTemplate::from(const Arguments& arguments, const std::string& name) {
  const std::string format = arguments.text("format");
  if (format.empty()) return std::nullopt;
  return ObjectTemplate(parse_format(format == "json" ? "{{json .}}" : format, name, kBadTemplateExit));
}

void ObjectTemplate::print(const text::Value& value) const {
  std::string out;
  try {
    parsed_.execute(value, out);
  } catch (const base::Error& error) {
    print_line(out);
    throw ClientError(error.message(), error.code());
  }
  print_line(out);
}

}  // namespace davit::cli
