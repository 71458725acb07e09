#include "build/step_context.h"

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::build {

namespace {

// Digests of files, for each context a file of its own.
std::filesystem::path digests_of(const Workshop& workshop, const BuildRequest& request) {
  const auto name = key_of({request.context ? request.context->string() : ""});
  return workshop.store.root() / "build" / "digests" / name;
}

}  // namespace

StepContext::StepContext(const Workshop& shop, const BuildRequest& asked, store::Lease& held, StageTrees& all_trees)
    : workshop(shop),
      request(asked),
      lease(held),
      trees(all_trees),
      cache(shop.store),
      digests(digests_of(shop, asked)),
      containers(shop.containers),
      ignored(dockerfile::IgnorePatterns::parse(asked.ignore)) {
  base::fs::make_directories(durable());
  base::fs::make_directories(run());
  containers.sweep();
}

void do_step(StepContext& context, const StepRun& run, const std::string& key, const std::string& history,
             StageState& state, const std::function<std::optional<store::ImageLayer>(int step)>& make) {
  auto& progress = context.workshop.progress;
  const int step = progress.begin(run.title);
  auto found = run.use_cache ? context.cache.find(key, context.lease) : std::nullopt;
  if (!found) {
    try {
      found = CachedStep{.layer = make(step), .created = base::now(), .description = run.title};
    } catch (const base::Error& error) {
      progress.failed(step, error.message());
      throw;
    }
    found->created = base::now();
    context.cache.put(key, *found);
    progress.end(step, BuildProgress::End::kDone);
  } else {
    progress.end(step, BuildProgress::End::kCached);
  }
  state.key = key;
  state.at = found->created;
  if (found->layer) state.add_layer(*found->layer);
  state.add_history(history, !found->layer);
}

}  // namespace davit::build
