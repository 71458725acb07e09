#include "transfer/pull.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/platform.h"
#include "cli/progress.h"
#include "cli/pull_options.h"
#include "transfer/all_tags.h"

namespace davit::cli {

namespace {

// Returns whether all tags came. Each that did not is told, after what did.
bool pull_all_tags(Context& context, const oci::RepositoryName& repository, const transfer::PullOptions& options,
                   bool quiet) {
  auto progress = make_progress(quiet);
  const auto failed = transfer::pull_all_tags(context.store(), context.registries(), repository, options, *progress);
  progress.reset();
  for (const auto& [tag, error] : failed) print_daemon_error(error, context.debug(), tag + ": ");
  if (failed.empty()) print_line(repository.text());
  return failed.empty();
}

}  // namespace

int run_pull(Context& context, const Arguments& arguments) {
  const bool quiet = arguments.flag("quiet");
  transfer::PullOptions options = pull_options_of(context.settings());
  options.platform = platform_of(arguments);

  const bool all_tags = arguments.flag("all-tags");
  // All names are looked at before the first is pulled: a typing mistake in the last costs nothing.
  std::vector<oci::Reference> references;
  std::vector<std::string> names = arguments.positional();
  for (std::string& text : names) {
    text = context.alias_of(text).value_or(text);
    const auto typed = on_client_side([&] { return oci::Reference::parse(text); });
    if (all_tags && (typed.tag() || typed.digest())) throw ClientError("tag can't be used with --all-tags/-a");
    references.push_back(oci::Reference::parse_tagged(text));
  }
  if (all_tags) {
    bool all_came = true;
    for (const oci::Reference& reference : references) {
      all_came = pull_all_tags(context, reference.repository(), options, quiet) && all_came;
    }
    return all_came ? 0 : 1;
  }
  for (std::size_t i = 0; i < references.size(); ++i) {
    const oci::Reference typed = oci::Reference::parse(names[i]);
    auto progress = make_progress(quiet);
    if (!typed.tag() && !typed.digest()) progress->message("Using default tag: latest");
    transfer::pull(context.store(), context.registries(), references[i], options, *progress);
    progress.reset();
    print_line(references[i].text());
  }
  return 0;
}

}  // namespace davit::cli
