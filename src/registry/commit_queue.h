#pragma once
// Changes of a database by many threads, committed together: a disk that takes one sync at a time serves all who wait.
// Private to src/registry.

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "registry/sqlite_connection.h"

namespace davit::registry {

class CommitQueue {
 public:
  using Change = std::function<void(SqliteConnection&)>;

  // `around`: called before anything of a batch is visible, and after its commit.
  CommitQueue(const std::filesystem::path& file, std::function<void()> around);
  ~CommitQueue();

  // Runs the change within a transaction; returns when that is durable. What it throws undoes it alone, and is thrown
  // here.
  void run(Change change);

 private:
  struct Waiting {
    Change change;
    std::promise<void> done;
  };
  void work();
  void commit(std::vector<Waiting> batch);

  SqliteConnection connection_;
  std::function<void()> around_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::vector<Waiting> waiting_;  // guarded by mutex_
  bool ending_ = false;           // guarded by mutex_
  std::thread thread_;
};

}  // namespace davit::registry
