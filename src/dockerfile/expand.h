#pragma once
// Which parts of which instruction have variables (Dockerfile reference, "Environment replacement"), and those
// replaced:
//   ENV, LABEL           names and values
//   ADD, COPY            sources, destination, --chown, --chmod, --checksum; here-documents whose name is not quoted
//   EXPOSE               ports, which may become several
//   USER, WORKDIR, VOLUME, STOPSIGNAL   the argument
//   RUN                  the values of --mount, but not `from`
//   ARG                  default values
// FROM has its own variables, the global arguments: see stage_graph.h. RUN's, CMD's and ENTRYPOINT's commands are their
// shell's to expand; ONBUILD's trigger is expanded when it runs.

#include "dockerfile/expansion.h"
#include "dockerfile/instruction.h"

namespace davit::dockerfile {

// escape: the file's. All of an instruction is expanded with the same variables: ENV a=1 b=$a has the former $a in b.
// Throws Error(kInvalidArgument). Of ARG all defaults are expanded; whoever has a value from elsewhere for one of them
// uses expand_word on the others.
Instruction expanded(const Instruction& instruction, const Variables& variables, char escape,
                     VariableUse* use = nullptr);

}  // namespace davit::dockerfile
