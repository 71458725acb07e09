// `internal manual`: writes the manual. Called by the build and by ./dev fmt.

#include <filesystem>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "cli/arguments.h"
#include "cli/manual.h"

namespace davit::cli {

int run_internal_manual(Context&, const Arguments& arguments) {
  const std::string format = arguments.text("format");
  if (format != "md" && format != "man") throw ClientError("no manual in the format '" + format + "': use md or man");
  const std::filesystem::path folder = arguments.positional()[0];
  base::fs::make_directories(folder, 0755);
  for (const ManualFile& file : format == "md" ? markdown_manual() : man_pages()) {
    base::fs::write_file(folder / file.name, file.text, 0644);
  }
  return 0;
}

}  // namespace davit::cli
