#include "container/held_container.h"

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "container/spec_parts.h"

namespace davit::container {

HeldContainer ContainerStore::hold(const std::string& id) {
  if (auto held = lock(id)) {
    if (auto container = load(id)) {
      settle(*container);
      HeldContainer ours(*this, std::move(*held), std::move(*container));
      ours.see_paused();
      if (base::fs::exists(folder(id))) return ours;
    }
  }
  throw base::Error::format(base::Code::kNotFound, "No such container: {}", id);
}

void HeldContainer::see_paused() {
  if (!running() || state().status == Status::kStarting) return;
  const bool paused = runtime().is_paused(bundle());
  if (paused == (state().status == Status::kPaused)) return;
  state().status = paused ? Status::kPaused : Status::kRunning;
  save_state();
}

void HeldContainer::require_running() const {
  if (!running()) throw base::Error::format(base::Code::kConflict, "Container {} is not running", record().id);
}

runtime::Bundle HeldContainer::bundle() const {
  auto bundle = store_->bundle(record());
  bundle.seccomp_filter = seccomp_filter_of(record().description.security);
  return bundle;
}

runtime::Created HeldContainer::start(const std::function<void()>& before_start) {
  return store_->start_locked(container_, before_start);
}

void HeldContainer::save_record() { base::fs::write_file_durably(folder() / "container.json", to_json(record())); }

void HeldContainer::save_state() { store_->save(record(), state(), !running()); }

}  // namespace davit::container
