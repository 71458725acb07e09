#include "registry/commit_queue.h"

#include <utility>

namespace davit::registry {

CommitQueue::CommitQueue(const std::filesystem::path& file, std::function<void()> around)
    : connection_(file), around_(std::move(around)), thread_([this] { work(); }) {}

CommitQueue::~CommitQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wanted_.notify_all();
  thread_.join();
}

void CommitQueue::run(Change change) {
  Waiting mine{std::move(change), {}};
  auto done = mine.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(mine));
  }
  wanted_.notify_one();
  done.get();
}

void CommitQueue::work() {
  while (true) {
    std::vector<Waiting> batch;
    {
      std::unique_lock lock(mutex_);
      wanted_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    commit(std::move(batch));
  }
}

void CommitQueue::commit(std::vector<Waiting> batch) {
  std::vector<Waiting> good;
  try {
    around_();
    db::Transaction transaction(connection_.database());
    for (auto& waiting : batch) {
      connection_.database().execute("SAVEPOINT one");
      try {
        waiting.change(connection_);
        connection_.database().execute("RELEASE one");
        good.push_back(std::move(waiting));
      } catch (...) {
        waiting.done.set_exception(std::current_exception());
        connection_.database().execute("ROLLBACK TO one; RELEASE one");
      }
    }
    batch.clear();
    transaction.commit();
    around_();
  } catch (...) {
    // Of `batch` some may have been told already; those were moved from or are left with a value.
    for (auto& waiting : good) waiting.done.set_exception(std::current_exception());
    for (auto& waiting : batch) {
      try {
        if (waiting.change) waiting.done.set_exception(std::current_exception());
      } catch (const std::future_error&) {
        // it has its own failure
      }
    }
    return;
  }
  for (auto& waiting : good) waiting.done.set_value();
}

}  // namespace davit::registry
