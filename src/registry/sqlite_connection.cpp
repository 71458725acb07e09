#include "registry/sqlite_connection.h"

namespace davit::registry {

namespace {

constexpr std::size_t kKept = 8;

}  // namespace

SqliteConnection::Use SqliteConnection::use(const char* sql) {
  const auto found = statements_.find(sql);
  return Use(found != statements_.end() ? found->second
                                        : statements_.emplace(sql, database_.prepare(sql)).first->second);
}

SqlitePool::Lease SqlitePool::lease() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      auto connection = std::move(free_.back());
      free_.pop_back();
      return {*this, std::move(connection)};
    }
  }
  return {*this, std::make_unique<SqliteConnection>(file_)};
}

void SqlitePool::give_back(std::unique_ptr<SqliteConnection> connection) noexcept {
  const std::lock_guard lock(mutex_);
  if (free_.size() < kKept) free_.push_back(std::move(connection));
}

}  // namespace davit::registry
