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
#include "container/exit_table.h"
#include "container/record.h"
#include "container/volume_store.h"
#include "layer/layer_store.h"
#include "runtime/attach.h"
#include "runtime/choice.h"
#include "runtime/container_runtime.h"
#include "runtime/spec.h"

namespace davit::container {

struct Container {
  Record record;
  // As it truly is: a container whose processes are gone is exited. While another davit is recording that very end,
  // what is stored.
  State state;

  const std::string& id() const { return record.id; }
  const std::string& name() const { return record.description.name; }
  bool running() const { return is_running(state.status); }  // also while it is paused
};

class HeldContainer;

// In a container's folder: held, shared, by a restart of one that is to be removed at its end, which waits for that.
inline constexpr const char* kRestartLock = "restart.lock";

class ContainerStore {
 public:
  struct Options {
    std::filesystem::path root, run;        // the store's
    std::string cgroup_parent;              // "/davit-1f2e3d4c5b6a": from the store's ID
    std::vector<std::string> exit_command;  // calls exited(): {"/usr/bin/davit", "--root", "D", "internal", "exited"}
    std::string runtime = "auto";           // see runtime::choose_runtime
    std::string cgroup_manager = "auto";    // see runtime::choose_cgroup_manager
    std::function<const network::Fabric&()> networks;  // asked at each start and end
    std::function<layer::LayerStore&()> layers;        // asked when a root file system is first mounted or unmounted
  };
  explicit ContainerStore(Options options);

  // Makes a container; durable on return unless it is to be removed at its end. Checks everything that can be known
  // without its root file system. Throws Error with docker's words: kConflict for a name in use, kInvalidArgument for a
  // bad name, working directory or signal, or for no command; and what check_host() throws, whose warnings go to
  // `warnings`. The caller holds a lease on the image's layers until this returns.
  Container create(Description description, std::vector<std::string>* warnings = nullptr);

  // By full ID, name, or a prefix of the ID that only one has, in that order; nothing when there is none. Throws
  // Error(kInvalidArgument) for a prefix that several have.
  std::optional<Container> find(std::string_view text);
  // The same; throws Error(kNotFound, "No such container: TEXT").
  Container get(std::string_view text);
  // All, newest first. A record that cannot be read is logged and left out, or (for who must know of every one) thrown.
  enum class Unreadable { kLeaveOut, kThrow };
  std::vector<Container> list(Unreadable unreadable = Unreadable::kLeaveOut);

  // What all are to be, newest first, whatever has become of them: touches none. Throws where one cannot be read.
  std::vector<Record> records() const;
  // The first process of one that runs; touches it as little.
  std::optional<base::ProcessIdentity> init_of(const std::string& id) const;

  // Starts it and returns (attach.h: with its streams). Does nothing when it runs; Error(kConflict) when it is paused.
  // Throws Error with docker's words when it cannot be started (runtime::exit_code_of_failed_start gives the exit code
  // for them); then it is as before, or gone if it was to be removed.
  void start(const std::string& id);

  // For who changes it, or acts on its processes (held_container.h): waits for its lock and makes its state true.
  // Throws Error(kNotFound, "No such container: ID") when it is gone, or goes by that.
  HeldContainer hold(const std::string& id);

  // Removes it and its layer. Running, paused: Error(kConflict) with docker's words, or with `force` it is killed
  // first. Pinned (pins.h): Error(kConflict). With `volumes` its anonymous volumes go too, as they always do with one
  // that is removed at its end. Returns the bytes of disk given back.
  std::uint64_t remove(const std::string& id, bool force = false, bool volumes = false);

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
  std::uint64_t written_bytes(const std::string& id) const;  // Usage::Own::size of one; 0 when it is gone

  // Where a container's own files are, and where its root file system is mounted while it runs. No look at the disk.
  std::filesystem::path folder_of(const std::string& id) const { return folder(id); }
  std::filesystem::path root_of(const std::string& id) const { return run_folder(id) / "rootfs"; }

  // conmon's exit command: records the end and cleans up. Fine for a container that is gone or runs again.
  void exited(const std::string& id);
  // The same for who has seen the end: what is to be removed may be left to conmon's exit command.
  void record_end(const std::string& id) { finish(id, Files::kLeave); }

  // Where the memory of a container with --ipc shareable is mounted while it runs.
  std::filesystem::path shared_memory(const std::string& id) const { return run_folder(id) / "shm"; }
  const VolumeStore& volumes() const { return volumes_; }
  const network::Fabric& networks() { return options_.networks(); }
  layer::LayerStore& layers() { return options_.layers(); }
  // RUN/containers/ID: what ends with a run.
  std::filesystem::path run_folder(const std::string& id) const { return options_.run / "containers" / id; }
  std::filesystem::path log_file(const std::string& id) const { return folder(id) / "container.log"; }
  // conmon's, to which a container's ID is added, and for a session of exec its name.
  const std::vector<std::string>& exit_command() const { return options_.exit_command; }

  // How those ended that were removed at their end.
  ExitTable exit_table() const { return ExitTable(options_.run / "exits"); }

  // The runtime that starts containers here; probed once per boot.
  const runtime::RuntimeChoice& runtime_choice();
  runtime::CgroupManager cgroup_manager();

 private:
  friend class HeldContainer;
  std::filesystem::path folder(const std::string& id) const { return containers_ / id; }
  std::filesystem::path gone_folder(const std::string& id) const { return containers_ / (".gone-" + id); }
  std::filesystem::path left_folder(const std::string& id) const { return containers_ / (".left-" + id); }
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
  void sweep();
  void remove_stale_names() const;
  bool is_forgotten(const std::string& name) const;
  // With a `monitor` (conmon) that lives, its exit command removes the files: that can take longer than all the rest of
  // a short run, and whoever waits for the run does not wait for it.
  std::uint64_t remove_locked(const Record& record, const base::ProcessIdentity* monitor = nullptr,
                              bool volumes = false);
  std::uint64_t finish_removal(const std::filesystem::path& gone);
  std::uint64_t remove_volumes_of(const std::filesystem::path& gone);

  // Lifecycle (lifecycle.cpp). Under the container's lock.
  runtime::ContainerRuntime runtime_for(const State& state);
  runtime::CgroupPlace cgroup_place(const Record& record);
  runtime::ContainerSpec spec_for(const Container& container, const runtime::HostLimits& host,
                                  const std::optional<network::Connection>& connection);
  std::optional<network::Connection> connect(const Record& record);
  runtime::Created start_locked(Container& container, const std::function<void()>& before_start);
  enum class Files { kRemove, kLeave };  // of a container that goes at its end: kLeave leaves them to the exit command
  void settle(Container& container, Files files = Files::kRemove);
  bool is_settled(const Container& container) const;
  bool is_ending(const Container& container) const;
  bool goes_at_end(const Record& record) const;
  enum class RunFolder { kRemove, kKeep };
  void clean_up(const Container& container, bool ended, RunFolder kept = RunFolder::kRemove);
  void finish(const std::string& id, Files files);  // takes the lock

  Options options_;
  std::filesystem::path containers_;
  VolumeStore volumes_;
  std::optional<runtime::RuntimeChoice> choice_;
  std::optional<runtime::CgroupManager> cgroup_manager_;
};

}  // namespace davit::container
