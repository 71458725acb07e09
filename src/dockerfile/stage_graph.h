#pragma once
// Which stages of a file need which: FROM, COPY --from and RUN --mount=from, with the global arguments replaced.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "dockerfile/expansion.h"

namespace davit::dockerfile {

// A stage that an instruction reads from.
struct StageLink {
  std::size_t stage = 0;
  LineRange lines;
};

struct ResolvedStage {
  std::string base;                       // an image's name, "scratch", or a stage's name
  std::optional<std::size_t> base_stage;  // an earlier stage
  std::string platform;                   // as FROM --platform says; empty where it is not given
  std::vector<Instruction> triggers;      // the ONBUILDs of the base stage: they come first
  std::vector<StageLink> reads;           // by COPY --from and --mount, in the file's order
};

// One for each of the file's stages. Names of images and named contexts stay names: only what the file has is resolved.
// Throws SourceError: a base or platform that is empty, a --from with variables or with a number that no stage has,
// stages that read from each other in a circle.
std::vector<ResolvedStage> resolve_stages(const Dockerfile& file, const Variables& globals);

// The stage that COPY --from means: a number's or a name's; nothing for an image or a context. Throws
// Error(kInvalidArgument) for a number that no stage has, and for variables.
std::optional<std::size_t> copied_stage(const Dockerfile& file, std::string_view from);

// The stage that --target means; the last where it is empty. Throws Error(kNotFound):
// `target stage "buidl" could not be found (did you mean build?)`.
std::size_t target_stage(const Dockerfile& file, std::string_view name);

// The target and what it needs, in the file's order. Throws SourceError: one of those reads from a later stage.
std::vector<std::size_t> needed_stages(const Dockerfile& file, const std::vector<ResolvedStage>& stages,
                                       std::size_t target);

// What messages call a stage: its name, or "stage-2".
std::string stage_label(const Dockerfile& file, std::size_t stage);

}  // namespace davit::dockerfile
