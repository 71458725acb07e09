#include "transfer/pull.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace davit::cli {

int run_pull(Context& context, const Arguments& arguments) {
  const bool quiet = arguments.flag("quiet");
  transfer::PullOptions options;
  if (!arguments.text("platform").empty()) options.platform = oci::Platform::parse(arguments.text("platform"));
  options.parallel_layers = context.settings().parallel_layers;

  // All names are looked at before the first is pulled: a typing mistake in the last costs nothing.
  std::vector<oci::Reference> references;
  for (const std::string& text : arguments.positional()) {
    references.push_back(on_client_side([&] { return oci::Reference::parse_tagged(text); }));
  }
  for (std::size_t i = 0; i < references.size(); ++i) {
    const oci::Reference typed = oci::Reference::parse(arguments.positional()[i]);
    auto progress = make_progress(quiet);
    if (!typed.tag() && !typed.digest()) progress->message("Using default tag: latest");
    transfer::pull(context.store(), context.registries(), references[i], options, *progress);
    progress.reset();
    print_line(references[i].text());
  }
  return 0;
}

}  // namespace davit::cli
