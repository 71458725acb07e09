// create, and what run has in common with it.

#include "cli/arguments.h"
#include "cli/create_container.h"
#include "cli/id_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "operations/find_image.h"

namespace davit::cli {

container::Container create_container(Context& context, RunLine& line) {
  IdFile id_file(line.id_file);
  check_run_line(line);
  auto progress = make_progress(line.quiet, stderr);
  auto& options = line.options;
  // An alias names what is not here under the name itself.
  if (context.settings().short_name_aliases && !operations::find_image(context.images(), options.image))
    options.image = context.alias_of(options.image).value_or(options.image);
  const auto created =
      operations::create_container(context.store(), context.containers(), context.registries(), options, *progress,
                                   [&](const oci::Reference& reference) {
                                     progress->message("Unable to find image '" + reference.familiar() + "' locally");
                                   });
  progress.reset();
  for (const std::string& warning : created.warnings) print_error("WARNING: " + warning);
  id_file.write(created.container.id());
  return created.container;
}

int run_create(Context& context, const Arguments& arguments) {
  std::optional<RunLine> line;
  try {
    line = parse_run_line(context, arguments);
  } catch (const UsageError&) {
    throw;
  } catch (const ClientError& error) {
    print_failure(context, error, "davit: ");
    print_error("\nRun 'davit create --help' for more information");
    return kDavitFailed;
  }
  print_line(create_container(context, *line).id());
  return 0;
}

}  // namespace davit::cli
