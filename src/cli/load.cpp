#include "transfer/load.h"

#include <cerrno>

#include <unistd.h>

#include "base/fs/file.h"
#include "base/fs/input.h"
#include "base/fs/paths.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/platform.h"
#include "cli/progress.h"

namespace davit::cli {

namespace {

void print_loaded(const transfer::LoadedImage& image) {
  for (const transfer::LoadedName& loaded : image.names) {
    if (loaded.displaced) {
      print_line(fmt::format("The image {} already exists, renaming the old one with ID {} to empty string",
                             loaded.name.familiar(), loaded.displaced->text()));
    }
    print_line("Loaded image: " + loaded.name.familiar());
  }
  if (image.names.empty()) print_line("Loaded image ID: " + image.id.text());
}

}  // namespace

int run_load(Context& context, const Arguments& arguments) {
  transfer::LoadOptions options;
  options.platform = on_client_side([&] { return platform_of(arguments); });
  options.parallel_layers = context.settings().parallel_layers;
  const std::string input = arguments.text("input");
  std::optional<base::fs::File> file;
  if (input.empty()) {
    if (isatty(STDIN_FILENO) == 1) throw ClientError("requested load from stdin, but stdin is empty");
  } else {
    file = on_client_side([&] { return base::fs::File::open(input); });
    if (base::fs::is_directory(input)) on_client_side([&] { base::throw_errno(EISDIR, "read " + input); });
  }
  // A file may be a pipe's name as well.
  base::fs::InputSource archive(file ? file->fd() : STDIN_FILENO, input.empty() ? "standard input" : input);

  context.store();
  auto progress = make_progress(arguments.flag("quiet"));
  try {
    const auto loaded = transfer::load(context.store(), archive, options, *progress);
    progress.reset();
    for (const transfer::LoadedImage& image : loaded) print_loaded(image);
  } catch (const base::Error& error) {
    progress.reset();
    if (error.code() == base::Code::kCancelled) throw;
    print_streamed_failure(context, error);
    return 1;
  }
  return 0;
}

}  // namespace davit::cli
