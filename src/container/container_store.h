#pragma once
// The containers of a store: their records, and their life from creation to removal. ROOT/containers/ID holds what must
// last (container.json, state.json, the container's own layer), RUN/containers/ID what ends with the run or the boot;
// docs/formats/containers.md.
//
// Safe for use by any number of processes: whoever changes a container holds its lock. Whatever a davit that died left
// behind (a mount, a container half started, an end that nobody recorded) is put right by the next call that meets it.
// One object is for one thread at a time.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_lock.h"
#include "container/record.h"
#include "layer/layer_store.h"
#include "runtime/attach.h"
#include "runtime/choice.h"
#include "runtime/container_runtime.h"

namespace davit::container {

struct Container {
  Record record;
  // As it truly is: a container whose processes are gone is exited. While another davit is recording that very end,
  // what is stored.
  State state;

  const std::string& id() const { return record.id; }
  const std::string& name() const { return record.description.name; }
  bool running() const { return state.status == Status::kRunning; }
};

class ContainerStore {
 public:
  struct Options {
    std::filesystem::path root, run;        // the store's
    std::string cgroup_parent;              // "/davit-1f2e3d4c5b6a": from the store's ID
    std::vector<std::string> exit_command;  // calls exited(): {"/usr/bin/davit", "--root", "D", "internal", "exited"}
    std::string runtime = "auto";           // see runtime::choose_runtime
    std::function<layer::LayerStore&()> layers;  // asked when a root file system is first mounted or unmounted
  };
  explicit ContainerStore(Options options);

  // Makes a container; durable on return unless it is to be removed at its end. Checks everything that can be known
  // without its root file system. Throws Error with docker's words: kConflict for a name in use, kInvalidArgument for a
  // bad name, working directory or signal, or for no command. The caller holds a lease on the image's layers until this
  // returns.
  Container create(Description description);

  // By full ID, name, or a prefix of the ID that only one has, in that order; nothing when there is none. Throws
  // Error(kInvalidArgument) for a prefix that several have.
  std::optional<Container> find(std::string_view text);
  // The same; throws Error(kNotFound, "No such container: TEXT").
  Container get(std::string_view text);
  // All, newest first. A record that cannot be read is logged and left out, or (for who must know of every one) thrown.
  enum class Unreadable { kLeaveOut, kThrow };
  std::vector<Container> list(Unreadable unreadable = Unreadable::kLeaveOut);

  // Starts it and returns. Does nothing when it runs. Throws Error with docker's words when it cannot be started
  // (runtime::exit_code_of_failed_start gives the exit code for them); then it is as before, or gone if it was to be
  // removed.
  void start(const std::string& id);
  // Starts it with its streams and signals attached, waits for its end and returns its exit code, when all of its
  // output has been written. Throws Error(kConflict) when it runs already.
  int start_and_attach(const std::string& id, const runtime::Streams& streams);

  // Its stop signal, after `timeout` SIGKILL (never, when it is negative); returns when it has ended and is cleaned up.
  // Does nothing when it does not run.
  void stop(const std::string& id, std::chrono::seconds timeout = std::chrono::seconds(10));

  // Removes it and its layer. Running: Error(kConflict) with docker's words, or with `force` it is killed first.
  // Returns the bytes of disk given back.
  std::uint64_t remove(const std::string& id, bool force = false);

  // What containers take of the disk.
  struct Usage {
    struct Own {
      std::uint64_t size = 0;        // bytes of the files that it wrote: docker's size of a container
      std::uint64_t disk_bytes = 0;  // blocks of all that is kept of it, as du(1) counts
    };
    std::map<std::string, Own> containers;  // by ID
    std::uint64_t other = 0;                // folders, names, and what is being made or removed
  };
  Usage disk_usage() const;

  // conmon's exit command: records the end and cleans up. Fine for a container that is gone or runs again.
  void exited(const std::string& id);

  // The runtime that starts containers here; probed once per boot.
  const runtime::RuntimeChoice& runtime_choice();

 private:
  std::filesystem::path folder(const std::string& id) const { return containers_ / id; }
  std::filesystem::path gone_folder(const std::string& id) const { return containers_ / (".gone-" + id); }
  std::filesystem::path run_folder(const std::string& id) const { return options_.run / "containers" / id; }
  runtime::Bundle bundle(const Record& record) const;

  // Records (container_store.cpp).
  std::optional<Container> load(const std::string& id) const;  // as stored
  std::optional<Container> load_settled(const std::string& id);
  std::optional<std::string> find_id(std::string_view text) const;
  std::optional<std::string> id_of_name(const std::string& name) const;
  std::string reserve_name(const std::string& wanted, const std::string& id) const;
  std::optional<base::FileLock> lock(const std::string& id) const;  // nothing when the container is gone
  std::vector<std::string> ids() const;
  void save(const Record& record, const State& state, bool durably) const;
  void sweep() const;
  std::uint64_t remove_locked(const Record& record);

  // Lifecycle (lifecycle.cpp). Under the container's lock.
  runtime::ContainerRuntime runtime_for(const State& state);
  runtime::Created start_locked(Container& container, std::optional<runtime::Attachment>* attachment);
  void write_bundle(const Record& record, const runtime::Bundle& bundle);
  void settle(Container& container);
  bool is_settled(const State& state) const;
  void clean_up(const Container& container, bool ended);
  void finish(const std::string& id);  // takes the lock

  Options options_;
  std::filesystem::path containers_;
  std::optional<runtime::RuntimeChoice> choice_;
};

}  // namespace davit::container
