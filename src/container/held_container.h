#pragma once
// A container whose lock is held: while this lives nobody else starts, changes, ends or removes it. What acts on a
// container (kill, pause, rename, update, exec …) is a function over this, each in a file of its own.

#include <functional>

#include "container/container_store.h"

namespace davit::container {

class HeldContainer {
 public:
  HeldContainer(HeldContainer&&) = default;

  const Record& record() const { return container_.record; }
  const State& state() const { return container_.state; }
  bool running() const { return container_.running(); }
  Description& description() { return container_.record.description; }  // save_record() makes a change last
  State& state() { return container_.state; }                           // save_state() does

  // Throws Error(kConflict, "Container ID is not running").
  void require_running() const;

  void save_record();  // durable
  // Gives it another name, durably. Throws Error with docker's words for what is no name or is another container's.
  void rename(const std::string& name);
  void save_state();  // durable at the end of a container that stays

  // Starts it, which does not run; `before_start` is called when its init exists and waits. As ContainerStore::start.
  runtime::Created start(const std::function<void()>& before_start = {});

  runtime::Bundle bundle() const;
  // What it was started with, or would be.
  runtime::ContainerRuntime runtime() { return store_->runtime_for(state()); }
  std::filesystem::path folder() const { return store_->folder(record().id); }          // ROOT/containers/ID
  std::filesystem::path run_folder() const { return store_->run_folder(record().id); }  // RUN/containers/ID
  ContainerStore& store() { return *store_; }

 private:
  friend class ContainerStore;
  HeldContainer(ContainerStore& store, base::FileLock lock, Container container)
      : store_(&store), lock_(std::move(lock)), container_(std::move(container)) {}

  // The kernel's word on whether it is paused: a davit that was killed had no time to write it down.
  void see_paused();

  ContainerStore* store_;
  base::FileLock lock_;
  Container container_;
};

}  // namespace davit::container
