#pragma once
// How far a stage is: the image that it would be now.

#include <string>
#include <vector>

#include "base/clock.h"
#include "dockerfile/expansion.h"
#include "dockerfile/instruction.h"
#include "oci/image_config.h"
#include "store/image_store.h"

namespace davit::build {

struct StageState {
  oci::ImageConfig config;
  std::vector<store::ImageLayer> layers;
  std::string key;               // of all files so far: step_cache.h
  base::Time at;                 // when the last step was made
  dockerfile::Environment args;  // ARGs that were declared and have a value
  bool has_own_cmd = false;

  std::vector<oci::Digest> diff_ids() const;
  // The default, or SHELL's.
  std::vector<std::string> shell() const;
  // What it is when a program of it runs: words of an exec form, or the shell's and one more.
  std::vector<std::string> command_of(const dockerfile::CommandLine& command) const;
  void add_history(const std::string& words, bool empty_layer);
  void add_layer(const store::ImageLayer& layer);
};

// What variables mean there: ENV before ARG.
class StageVariables final : public dockerfile::Variables {
 public:
  explicit StageVariables(const StageState& state) : state_(state) {}
  std::optional<std::string> get(std::string_view name) const override;
  std::vector<std::string> names() const override;

 private:
  const StageState& state_;
};

std::optional<std::string> find_env(const std::vector<std::string>& env, std::string_view name);
void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value);

// An instruction that changes the configuration alone; its variables are replaced. False for the others (FROM, RUN,
// COPY, ADD, WORKDIR, ARG). Throws Error(kInvalidArgument).
bool apply_to_config(const dockerfile::Instruction& instruction, StageState& state);

}  // namespace davit::build
