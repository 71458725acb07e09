#include <unistd.h>

#include "base/strings.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/output.h"
#include "operations/remove_image.h"

namespace davit::cli {

namespace {

void ask(const std::string& image, const std::vector<operations::ImageUse>& running) {
  std::vector<std::string> names;
  for (const operations::ImageUse& use : running) {
    names.push_back(use.name + " (" + use.container.substr(0, 12) + ")");
  }
  const std::string question =
      fmt::format("WARNING! {} is in use. This will stop and remove {}: {}\nAre you sure you want to continue?", image,
                  running.size() == 1 ? "a running container" : fmt::format("{} running containers", running.size()),
                  base::join(names, ", "));
  if (!confirm(question)) throw ClientError(image + " stays, and so do its containers", base::Code::kConflict);
}

// What is done is named as it is done: a later step may fail.
operations::RemoveImageOptions options_of(const Arguments& arguments, const std::string& image) {
  operations::RemoveImageOptions options = {.force = arguments.flag("force")};
  if (!arguments.flag("yes") && base::is_terminal(STDIN_FILENO)) {
    options.confirm = [&image](const auto& running) { ask(image, running); };
  }
  options.stopped = [](const std::string& id) { print_line("Stopped: " + id); };
  options.removed = [](const std::string& id) { print_line("Removed: " + id); };
  return options;
}

}  // namespace

int run_rmi(Context& context, const Arguments& arguments) {
  const bool force = arguments.flag("force");
  context.store();
  int exit_code = 0;
  std::vector<std::function<void()>> errors;  // docker prints them after what succeeded
  for (const std::string& text : arguments.positional()) {
    try {
      const auto removed =
          operations::remove_image(context.store(), context.containers(), text, options_of(arguments, text));
      for (const std::string& name : removed.untagged) print_line("Untagged: " + name);
      for (const oci::Digest& id : removed.deleted) print_line("Deleted: " + id.text());
    } catch (const ClientError& error) {
      exit_code = 1;
      errors.emplace_back([error] { print_error(error.message()); });
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      if (!(force && error.code() == base::Code::kNotFound)) exit_code = 1;
      errors.emplace_back([error, &context] { print_daemon_error(error, context.debug()); });
    }
  }
  for (const auto& print_one : errors) print_one();
  return exit_code;
}

}  // namespace davit::cli
