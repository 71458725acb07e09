#include "transfer/save.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output_file.h"
#include "cli/platform.h"
#include "cli/progress.h"
#include "operations/images_to_save.h"

namespace davit::cli {

int run_save(Context& context, const Arguments& arguments) {
  transfer::SaveOptions options;
  options.platform = on_client_side([&] { return platform_of(arguments); });
  const std::string output = arguments.text("output");
  OutputFile file(output, "failed to save image");

  const auto images = operations::images_to_save(context.images(), arguments.positional());
  auto progress = make_progress(false, stderr);  // standard output may be the archive
  transfer::save(
      context.store(), images, options, [&]() -> base::Sink& { return file.open(); }, *progress);
  progress.reset();
  file.commit();
  return 0;
}

}  // namespace davit::cli
