#pragma once
// A Dockerfile as a whole: global arguments, stages, and what follows from the language alone. Pure values; no I/O.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/directives.h"
#include "dockerfile/instruction.h"
#include "dockerfile/source.h"

namespace davit::dockerfile {

struct Stage {
  Instruction head;  // its FROM
  std::vector<Instruction> instructions;

  const From& from() const { return std::get<From>(head.value); }
  const std::string& name() const { return from().name; }  // in lower case; empty where it has none
};

struct Dockerfile {
  Source source;
  Directives directives;
  std::vector<Instruction> global_args;  // the ARGs before the first FROM
  std::vector<Stage> stages;             // at least one
  std::vector<LineRange> empty_continuations;

  // Of stages of one name the last, as COPY --from and --target have it; the name's case does not matter.
  std::optional<std::size_t> find_stage(std::string_view name) const;
  std::vector<std::string> stage_names() const;  // of the stages that have one

  // An error about those lines of this file.
  SourceError mistake(LineRange lines, const base::Error& error) const;
};

// name: what messages call the file. Throws SourceError, in BuildKit's words:
//   Dockerfile:2
//   --------------------
//      1 |     FROM alpine
//      2 | >>> RUNN make
//   --------------------
//   dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
Dockerfile parse(std::string name, std::string text);

// The instruction of an ONBUILD trigger, from this file's or a base image's configuration; lines: where it counts as
// being written. Backslash is its escape character. Throws Error(kInvalidArgument): not exactly one instruction, a
// FROM, or an instruction that is malformed.
Instruction parse_trigger(std::string_view trigger, LineRange lines);

// What a RUN in shell form gives its shell, with its here-documents.
struct ShellScript {
  std::string text;
  // "RUN <<name" alone, with a "#!" line: text is not the shell's, but a program to be written to a file of this name
  // (BuildKit: /dev/pipes/NAME, mode 0755) and run.
  std::optional<std::string> file_name;
};
ShellScript shell_script(const CommandLine& command);

}  // namespace davit::dockerfile
