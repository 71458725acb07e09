#pragma once
// SQLite. A connection with the settings every davit database has (WAL, synchronous=FULL, a busy timeout), prepared
// statements with typed values, transactions and forward migrations. Errors name the database's path:
// Error(kCorrupt) when the file is damaged or no database, so that an owner who can rebuild it does; kNoSpace,
// kPermissionDenied, kTimeout (another held it for longer than the busy timeout), kIo, else kInternal.
// SQLite writes its files itself, not through base/fs: a power-cut test reaches them through SQLite's own VFS.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace davit::db {

class Statement;

// One connection; for one thread at a time. Outlives its statements and transactions.
class Database {
 public:
  // Opens the file, creating an empty database (user_version 0) when it is missing; its folder exists. Never writes to
  // one that is there.
  explicit Database(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Brings the schema to `steps.size()`, the newest version this program knows: each step is SQL that leads from
  // version N to N + 1, and version and schema change in one transaction. Safe for several processes at once. Throws
  // Error(kNotSupported) when a newer davit wrote the database. One read when there is nothing to do.
  void migrate(std::span<const char* const> steps);
  int user_version();

  // Whether the path still leads to the file that is open (somebody may have removed or replaced it).
  bool still_named() const;

  Statement prepare(std::string_view sql);
  void execute(const char* sql);  // one or more statements, results dropped

  const std::filesystem::path& path() const { return path_; }

 private:
  friend class Statement;
  friend class Transaction;
  void switch_to_wal();
  [[noreturn]] void fail(int code, std::string_view doing) const;

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
  std::uint64_t device_ = 0, inode_ = 0;
};

// A prepared statement: bind all, step() until it returns false, reset() to use it again. Parameters count from 1,
// columns from 0, as SQLite does.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) = delete;
  ~Statement();

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view value);                            // copied
  Statement& bind_optional(int parameter, const std::optional<std::string>& value);  // nothing is NULL

  bool step();  // whether there is a row
  void run();   // steps to the end, dropping rows, and resets

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  std::optional<std::string> optional_text(int column) const;

  void reset();

 private:
  friend class Database;
  Statement(Database& database, sqlite3_stmt* handle) : database_(database), handle_(handle) {}
  void check(int code) const;

  Database& database_;
  sqlite3_stmt* handle_;
};

// BEGIN IMMEDIATE: the write lock is taken here, so that no later statement can find it taken. Rolled back unless
// committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();  // durable on return

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace davit::db
