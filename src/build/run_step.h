#pragma once
// RUN: a program in a container over the stage's layers; what it changed is a layer. Private to src/build.

#include <string>
#include <vector>

#include "build/step_context.h"
#include "dockerfile/instruction.h"

namespace davit::build {

// `more_env`: variables that it has besides, which change nothing of its key. Throws Error(kInvalidArgument) `process
// "…" did not complete successfully: exit code: N`, Error(kPermissionDenied) for what needs --allow.
void run_step(StepContext& context, const dockerfile::Run& run, const std::vector<std::string>& more_env,
              const StepRun& how, StageState& state);

}  // namespace davit::build
