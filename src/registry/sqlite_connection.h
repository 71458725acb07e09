#pragma once
// A connection with its prepared statements, and a pool of them. Private to src/registry.

#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace davit::registry {

class SqliteConnection {
 public:
  explicit SqliteConnection(const std::filesystem::path& file) : database_(file) {}
  db::Database& database() { return database_; }

  // Ready to be bound. `sql` is a literal: statements are known by its address.
  class Use {
   public:
    explicit Use(db::Statement& statement) : statement_(statement) {}
    ~Use() { statement_.reset(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    db::Statement* operator->() { return &statement_; }
    template <typename... Values>
    Use& bind(const Values&... values) {
      int place = 0;
      (statement_.bind(++place, values), ...);
      return *this;
    }

   private:
    db::Statement& statement_;
  };
  Use use(const char* sql);

 private:
  db::Database database_;
  std::map<const char*, db::Statement> statements_;
};

class SqlitePool {
 public:
  explicit SqlitePool(std::filesystem::path file) : file_(std::move(file)) {}

  // One that nobody else uses meanwhile; goes back by itself.
  class Lease {
   public:
    Lease(SqlitePool& pool, std::unique_ptr<SqliteConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    SqliteConnection* operator->() { return connection_.get(); }

   private:
    SqlitePool& pool_;
    std::unique_ptr<SqliteConnection> connection_;
  };
  Lease lease();

 private:
  void give_back(std::unique_ptr<SqliteConnection> connection) noexcept;

  std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> free_;  // guarded by mutex_
};

}  // namespace davit::registry
