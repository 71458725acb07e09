// A Dockerfile: whatever the bytes are, it is read or refused with a place; and what is read can be expanded, linked
// and checked.
#include "dockerfile/dockerfile.h"

#include <cstdint>
#include <string>

#include "dockerfile/expand.h"
#include "dockerfile/lint.h"
#include "dockerfile/stage_graph.h"
#include "tests/fuzz/require.h"

namespace {

using namespace davit;
using fuzz::require;

bool is_of_the_input(const base::Error& error) {
  return error.code() == base::Code::kInvalidArgument || error.code() == base::Code::kNotSupported;
}

void check_places(const dockerfile::Dockerfile& file) {
  std::size_t last = 0;
  for (const dockerfile::Stage& stage : file.stages) {
    require(stage.head.lines.first > last);
    last = stage.head.lines.last;
    for (const dockerfile::Instruction& instruction : stage.instructions) {
      require(instruction.lines.first > last && instruction.lines.first <= instruction.lines.last);
      last = instruction.lines.last;
      require(!dockerfile::excerpt(file.source, instruction.lines).empty());
    }
  }
  require(last <= file.source.line_count());
}

void use(const dockerfile::Dockerfile& file) {
  const dockerfile::Environment variables({{"A", "a b"}, {"E", ""}, {"P", "x/y.z"}});
  for (const dockerfile::Stage& stage : file.stages) {
    for (const dockerfile::Instruction& instruction : stage.instructions) {
      try {
        dockerfile::expanded(instruction, variables, file.directives.escape);
      } catch (const base::Error& error) {
        require(is_of_the_input(error));
      }
    }
  }
  try {
    const auto globals = dockerfile::global_arguments(file, variables, {});
    const auto stages = dockerfile::resolve_stages(file, globals);
    require(dockerfile::needed_stages(file, stages, stages.size() - 1).back() == stages.size() - 1);
  } catch (const base::Error& error) {
    require(is_of_the_input(error));
  }
  try {
    for (const dockerfile::LintWarning& warning : dockerfile::lint(file)) require(warning.lines.first > 0);
  } catch (const base::Error& error) {
    require(is_of_the_input(error));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  try {
    const dockerfile::Dockerfile file =
        dockerfile::parse("Dockerfile", std::string(reinterpret_cast<const char*>(data), size));
    check_places(file);
    use(file);
  } catch (const dockerfile::SourceError& error) {
    require(is_of_the_input(error) && !error.reason().empty() && error.message().ends_with(error.reason()));
  } catch (const base::Error& error) {
    require(is_of_the_input(error));
  }
  return 0;
}
