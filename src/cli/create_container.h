#pragma once
// What run and create have in common.

#include "cli/context.h"
#include "cli/run_flags.h"

namespace davit::cli {

// Makes the container that the line says, its image pulled where that is missing (told on standard error, as the
// container's standard output is its own), and prints the warnings. Writes --cidfile. Throws ClientError or Error.
container::Container create_container(Context& context, RunLine& line);

}  // namespace davit::cli
