#include "transfer/import.h"

#include <unistd.h>

#include "base/fs/file.h"
#include "base/fs/input.h"
#include "base/fs/paths.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/platform.h"
#include "operations/config_changes.h"

namespace davit::cli {

int run_import(Context& context, const Arguments& arguments) {
  const std::string& file = arguments.positional()[0];
  transfer::ImportOptions options;
  if (arguments.positional().size() > 1) {
    options.tag = on_client_side([&] { return oci::Reference::parse_tagged(arguments.positional()[1]); });
    if (options.tag->digest()) throw base::Error(base::Code::kInvalidArgument, "cannot import digest reference");
  }
  options.platform = platform_of(arguments);
  options.message = arguments.text("message");
  operations::apply_changes(options.config, arguments.list("change"));

  if (file.starts_with("http://") || file.starts_with("https://")) {
    throw ClientError("davit imports files and standard input, not URLs: fetch " + file +
                      " first, or pipe it in with -");
  }
  if (file == "-" && isatty(STDIN_FILENO) == 1)
    throw ClientError("standard input is a terminal: give a file, or pipe an archive in");
  std::unique_ptr<base::Source> archive;
  if (file == "-") {
    archive = std::make_unique<base::fs::InputSource>(STDIN_FILENO, "standard input");
  } else if (base::fs::is_directory(file)) {
    throw ClientError(file + " is a folder: give a tar archive of it");
  } else {
    archive = on_client_side([&] { return std::make_unique<base::fs::FileSource>(base::fs::File::open(file)); });
  }
  const auto record = transfer::import_archive(context.store(), *archive, file, options);
  print_line(record.id.text());
  return 0;
}

}  // namespace davit::cli
