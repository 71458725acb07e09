#include "transfer/push.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace davit::cli {

int run_push(Context& context, const Arguments& arguments) {
  const std::string& text = arguments.positional()[0];
  const bool quiet = arguments.flag("quiet");
  const oci::Reference typed = on_client_side([&] { return oci::Reference::parse(text); });
  if (typed.digest()) throw ClientError("cannot push a digest reference");
  const oci::Reference reference = oci::Reference::parse_tagged(text);
  auto progress = make_progress(quiet);
  if (!typed.tag()) progress->message("Using default tag: latest");
  context.store();
  try {
    transfer::push(context.store(), context.registries(), reference,
                   {.parallel_layers = context.settings().parallel_layers}, *progress);
    progress.reset();
  } catch (const base::Error& error) {
    progress.reset();
    // Docker's push tells its errors in the stream of its progress, without "Error response from daemon: ".
    if (error.code() == base::Code::kCancelled) throw;
    print_error(error.message());
    print_frames(error, context.debug());
    return 1;
  }
  if (quiet) print_line(reference.text());
  return 0;
}

}  // namespace davit::cli
