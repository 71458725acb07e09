#pragma once
// COPY, ADD and WORKDIR: layers that are made straight from their sources. Private to src/build.

#include "build/step_context.h"
#include "dockerfile/instruction.h"

namespace davit::build {

// Their variables are replaced. Throw Error in BuildKit's words; Error(kNotSupported) for what davit does not fetch.
void copy_step(StepContext& context, const dockerfile::Copy& copy, const StepRun& run, StageState& state);
void add_step(StepContext& context, const dockerfile::Add& add, const StepRun& run, StageState& state);
void workdir_step(StepContext& context, const dockerfile::Workdir& workdir, const StepRun& run, StageState& state);

}  // namespace davit::build
