#pragma once
// What the steps of a build share. Private to src/build.

#include <functional>
#include <string>
#include <vector>

#include "build/builder.h"
#include "build/file_digests.h"
#include "build/run_containers.h"
#include "build/stage_state.h"
#include "build/step_cache.h"
#include "dockerfile/ignore_patterns.h"

namespace davit::build {

// The files of a stage or an image.
struct StageTree {
  std::vector<oci::Digest> diff_ids;
  std::string key;
};

// Finds what a `from` means; builds a stage that is not built yet.
class StageTrees {
 public:
  virtual ~StageTrees() = default;
  virtual StageTree find(const std::string& from) = 0;
};

struct StepContext {
  StepContext(const Workshop& workshop, const BuildRequest& request, store::Lease& lease, StageTrees& trees);

  const Workshop& workshop;
  const BuildRequest& request;
  store::Lease& lease;
  StageTrees& trees;
  StepCache cache;
  FileDigests digests;
  RunContainers containers;
  dockerfile::IgnorePatterns ignored;  // of the build context

  std::filesystem::path durable() const { return workshop.store.root() / "build"; }
  std::filesystem::path run() const { return workshop.store.run() / "build"; }
};

struct StepRun {
  std::string title;
  bool use_cache = true;
};

// One step: from the cache, or by `make`, which returns its layer (none: it changed no file) and may tell its number's
// output. Then the state has it, under the key, with these words in its history.
void do_step(StepContext& context, const StepRun& run, const std::string& key, const std::string& history,
             StageState& state, const std::function<std::optional<store::ImageLayer>(int step)>& make);

}  // namespace davit::build
