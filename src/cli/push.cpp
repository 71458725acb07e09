#include "transfer/push.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "transfer/all_tags.h"

namespace davit::cli {

int run_push(Context& context, const Arguments& arguments) {
  const std::string& text = arguments.positional()[0];
  const bool quiet = arguments.flag("quiet");
  const bool all_tags = arguments.flag("all-tags");
  const oci::Reference typed = on_client_side([&] { return oci::Reference::parse(text); });
  if (all_tags && (typed.tag() || typed.digest())) throw ClientError("tag can't be used with --all-tags/-a");
  if (typed.digest()) throw ClientError("cannot push a digest reference");
  const oci::Reference reference = oci::Reference::parse_tagged(text);
  auto progress = make_progress(quiet);
  if (!typed.tag() && !all_tags) progress->message("Using default tag: latest");
  context.store();
  const transfer::PushOptions options{.parallel_layers = context.settings().parallel_layers};
  try {
    if (all_tags) {
      const auto failed =
          transfer::push_all_tags(context.store(), context.registries(), reference.repository(), options, *progress);
      progress.reset();
      for (const auto& [tag, error] : failed) print_streamed_failure(context, error, tag + ": ");
      if (!failed.empty()) return 1;
    } else {
      transfer::push(context.store(), context.registries(), reference, options, *progress);
      progress.reset();
    }
  } catch (const base::Error& error) {
    progress.reset();
    if (error.code() == base::Code::kCancelled) throw;
    print_streamed_failure(context, error);
    return 1;
  }
  if (quiet) print_line(all_tags ? reference.repository().text() : reference.text());
  return 0;
}

}  // namespace davit::cli
