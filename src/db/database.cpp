#include "db/database.h"

#include <chrono>
#include <thread>
#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>

#include "base/error.h"

namespace davit::db {

using base::Code;
using base::Error;

namespace {

constexpr int kBusyTimeoutMilliseconds = 30'000;

Code code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorrupt;
    case SQLITE_FULL:
      return Code::kNoSpace;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return Code::kPermissionDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kTimeout;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Code::kIo;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Database::Database(const std::filesystem::path& path) : path_(path) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(path.c_str(), &handle_, kFlags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code, "open");
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kBusyTimeoutMilliseconds);
    execute("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF");
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) base::throw_errno(errno, "stat " + path.string());
    device_ = status.st_dev;
    inode_ = status.st_ino;
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::fail(int code, std::string_view doing) const {
  const char* text = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  // SQLite says "disk I/O error" where it cannot make the file that readers share. The system's error is that of the
  // last such failure: it says nothing of any other.
  if (handle_ != nullptr && code_of(code) == Code::kIo && sqlite3_system_errno(handle_) == ENOSPC)
    throw Error::format(Code::kNoSpace, "{}: no space left on device", path_.string());
  throw Error::format(code_of(code), "{}: {}: {}", path_.string(), doing, text);
}

int Database::user_version() {
  Statement statement = prepare("PRAGMA user_version");
  return statement.step() ? static_cast<int>(statement.integer(0)) : 0;
}

void Database::migrate(std::span<const char* const> steps) {
  const auto check = [&](int version) {
    if (version < 0 || static_cast<std::size_t>(version) > steps.size()) {
      throw Error::format(Code::kNotSupported,
                          "'{}' was written by a newer davit (its version is {}, this one knows {})", path_.string(),
                          version, steps.size());
    }
    return static_cast<std::size_t>(version);
  };
  if (check(user_version()) == steps.size()) return;
  switch_to_wal();
  Transaction transaction(*this);
  // Read again: another process may have been here first.
  for (std::size_t version = check(user_version()); version < steps.size(); ++version) {
    execute(steps[version]);
    execute(fmt::format("PRAGMA user_version={}", version + 1).c_str());
  }
  transaction.commit();
}

// Outside a transaction, as SQLite demands; a property of the file from then on. Two processes that do it to one new
// file at once could deadlock, so SQLite answers "busy" at once, without the busy timeout: the wait is ours.
void Database::switch_to_wal() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMilliseconds);
  while (true) {
    try {
      return execute("PRAGMA journal_mode=WAL");
    } catch (const Error& error) {
      if (error.code() != Code::kTimeout || std::chrono::steady_clock::now() > deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool Database::still_named() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  // The SQL is ours: that a table or column it names is not there means that the file is not what its version promises.
  if (code == SQLITE_ERROR) {
    throw Error::format(Code::kCorrupt, "{}: {}", path_.string(), sqlite3_errmsg(handle_));
  }
  if (code != SQLITE_OK) fail(code, "prepare");
  return Statement(*this, statement);
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail(code, sqlite3_sql(handle_));
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  check(sqlite3_bind_text64(handle_, parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_optional(int parameter, const std::optional<std::string>& value) {
  if (value) return bind(parameter, *value);
  check(sqlite3_bind_null(handle_, parameter));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_.fail(code, sqlite3_sql(handle_));
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

void Statement::reset() { sqlite3_reset(handle_); }

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  // Fails harmlessly when SQLite has rolled back by itself.
  if (open_) sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace davit::db
