#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "operations/commit_container.h"

namespace davit::cli {

int run_commit(Context& context, const Arguments& arguments) {
  operations::CommitOptions options = {.tag = {},
                                       .author = arguments.text("author"),
                                       .message = arguments.text("message"),
                                       .changes = arguments.list("change"),
                                       .pause = arguments.flag("pause")};
  if (arguments.positional().size() > 1 && !arguments.positional()[1].empty())
    options.tag = on_client_side([&] { return oci::Reference::parse_tagged(arguments.positional()[1]); });
  context.store();
  const auto record =
      operations::commit_container(context.store(), context.containers(), arguments.positional()[0], options);
  print_line(record.id.text());
  return 0;
}

}  // namespace davit::cli
