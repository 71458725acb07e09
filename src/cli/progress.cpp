#include "cli/progress.h"

#include "cli/progress_lines.h"
#include "cli/progress_terminal.h"

namespace davit::cli {

std::unique_ptr<transfer::Progress> make_progress(bool quiet, std::FILE* stream) {
  if (quiet || !can_draw(fileno(stream))) return std::make_unique<ProgressLines>(quiet, stream);
  std::fflush(stream);
  return std::make_unique<ProgressTerminal>(fileno(stream));
}

}  // namespace davit::cli
