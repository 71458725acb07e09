#include "transfer/copy.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/platform.h"
#include "cli/progress.h"

namespace davit::cli {

namespace {

// Without a tag or digest of its own the target takes the source's tag.
oci::Reference target_of(const oci::Reference& source, const std::string& text) {
  oci::Reference target = on_client_side([&] { return oci::Reference::parse(text); });
  if (target.tag() || target.digest()) return target;
  if (source.tag()) return oci::Reference::with_tag(target.repository(), *source.tag());
  throw ClientError(
      fmt::format("the source has no tag to take: give the target one ({}:TAG), or copy by digest ({}@{})",
                  target.familiar(), target.familiar(), source.digest()->text()));
}

}  // namespace

int run_copy(Context& context, const Arguments& arguments) {
  const std::string& text = arguments.positional()[0];
  const oci::Reference typed = on_client_side([&] { return oci::Reference::parse(text); });
  const oci::Reference source = oci::Reference::parse_tagged(text);
  const oci::Reference target = target_of(source, arguments.positional()[1]);
  transfer::CopyOptions options{.referrers = arguments.flag("referrers"), .force_tag = arguments.flag("force-tag")};
  options.platform = platform_of(arguments);
  options.parallel_blobs = context.settings().parallel_layers;

  const bool quiet = arguments.flag("quiet");
  auto progress = make_progress(quiet);
  if (!typed.tag() && !typed.digest()) progress->message("Using default tag: latest");
  transfer::copy(context.registries(), source, target, options, *progress);
  progress.reset();
  if (quiet) print_line(target.text());
  return 0;
}

}  // namespace davit::cli
