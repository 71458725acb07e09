#include "cli/inspector.h"

#include <optional>
#include <vector>

#include "base/error.h"
#include "cli/object_template.h"
#include "cli/output.h"
#include "docker/json_text.h"
#include "text/template.h"

namespace davit::cli {

namespace {

// Docker's inspector: the objects together as JSON, or one line of a template for each.
class Inspector {
 public:
  explicit Inspector(const std::string& format) : json_(format.empty() || format == "json"), pretty_(format.empty()) {
    if (!json_) template_.emplace(parse_format(format, "", kBadTemplateExit));
  }

  void add(const Inspected& found) {
    if (json_) {
      objects_.push_back(found.object);
    } else {
      lines_ += line(found) + "\n";
    }
  }

  void print() const {
    if (!json_) {
      cli::print(lines_.empty() ? "\n" : lines_);
    } else {
      print_line(pretty_ ? docker::to_pretty(objects_) : docker::to_line(objects_));
    }
  }

 private:
  // By docker's Go type first; by the members of the JSON where that fails, and then a missing one is an error.
  std::string line(const Inspected& found) const {
    std::string out;
    try {
      template_->execute(text::from_json(found.object, *found.type), out);
      return out;
    } catch (const base::Error& error) {
      if (error.code() != base::Code::kInvalidArgument) throw;
      if (!found.by_members) throw ClientError("template parsing error: " + error.message());
      out.clear();
    }
    try {
      template_->execute(text::from_json(found.object), out, {.missing_key_is_error = true});
      return out;
    } catch (const base::Error& error) {
      throw ClientError("template parsing error: " + error.message());
    }
  }

  bool json_, pretty_;
  std::optional<text::Template> template_;
  boost::json::array objects_;
  std::string lines_;
};

}  // namespace

int inspect(Context& context, const Arguments& arguments, const char* empty_name,
            const std::function<Inspected(const std::string&)>& get) {
  Inspector inspector(arguments.text("format"));
  context.store();
  std::vector<std::function<void()>> errors;
  for (const std::string& name : arguments.positional()) {
    try {
      if (name.empty()) throw ClientError(empty_name);
      inspector.add(get(name));
    } catch (const ClientError& error) {
      errors.emplace_back([error] { print_error(error.message()); });
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      errors.emplace_back([error, &context] { print_daemon_error(error, context.debug()); });
    }
  }
  inspector.print();
  for (const auto& print_one : errors) print_one();
  return errors.empty() ? 0 : 1;
}

}  // namespace davit::cli
