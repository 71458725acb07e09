#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "operations/remove_image.h"

namespace davit::cli {

int run_rmi(Context& context, const Arguments& arguments) {
  const bool force = arguments.flag("force");
  const auto list_uses = [&] { return operations::list_uses(context.containers()); };
  context.store();
  int exit_code = 0;
  std::vector<base::Error> errors;  // docker prints them after what succeeded
  for (const std::string& text : arguments.positional()) {
    try {
      const auto removed = operations::remove_image(context.store(), list_uses, text, force);
      for (const std::string& name : removed.untagged) print_line("Untagged: " + name);
      for (const oci::Digest& id : removed.deleted) print_line("Deleted: " + id.text());
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      if (!(force && error.code() == base::Code::kNotFound)) exit_code = 1;
      errors.push_back(error);
    }
  }
  for (const base::Error& error : errors) print_daemon_error(error, context.debug());
  return exit_code;
}

}  // namespace davit::cli
