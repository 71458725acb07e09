#pragma once
// The containers of RUN: of a store of their own (ROOT/build, RUN/build), so that they are in nobody's lists. One lives
// from the step's beginning until its layer is made; what a build that died left is removed by the next one.

#include <filesystem>
#include <functional>

#include "container/container_store.h"

namespace davit::build {

// A container that has run, and what it changed. Destroyed, it is removed.
class RunContainer {
 public:
  RunContainer(RunContainer&&) = default;
  ~RunContainer();
  int exit_code() const { return exit_code_; }
  std::filesystem::path upper() const;  // an overlay's upper folder; layer/tree_tar.h reads it

 private:
  friend class RunContainers;
  RunContainer(container::ContainerStore& store, std::string id, base::FileLock lock)
      : store_(&store), id_(std::move(id)), lock_(std::move(lock)) {}
  struct NoMore {
    void operator()(container::ContainerStore*) const {}
  };
  std::unique_ptr<container::ContainerStore, NoMore> store_;  // null when moved from
  std::string id_;
  base::FileLock lock_;
  int exit_code_ = 0;
};

class RunContainers {
 public:
  // `options`: of the store's own containers; their folders and exit command are replaced.
  explicit RunContainers(container::ContainerStore::Options options);

  // Runs it to its end; `output` is told what it prints, by another thread. Throws Error with docker's words where it
  // cannot be started, Error(kCancelled) after an interrupt, when it is gone. The caller holds a lease on its layers.
  RunContainer run(container::Description description, const std::function<void(std::string_view)>& output);

  // Removes what builds left that died.
  void sweep();

 private:
  std::filesystem::path lock_of(const std::string& id) const { return locks_ / id; }

  std::filesystem::path locks_;
  container::ContainerStore containers_;
};

}  // namespace davit::build
