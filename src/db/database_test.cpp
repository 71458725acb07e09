#include "db/database.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "tests/testing/child_process.h"

namespace davit::db {
namespace {

constexpr std::array kSteps{"CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT)",
                            "ALTER TABLE words ADD COLUMN note TEXT"};

class DatabaseTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "x.db"; }
  static base::Code code_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const base::Error& error) {
      return error.code();
    }
    return base::Code::kInternal;
  }
  std::int64_t count() {
    Database database(path());
    Statement statement = database.prepare("SELECT count(*) FROM words");
    statement.step();
    return statement.integer(0);
  }

  base::fs::TemporaryDirectory folder_{testing::TempDir(), "db-test-"};
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  Database database(path());
  database.migrate(kSteps);
  const std::string word("a\0b", 3);
  database.prepare("INSERT INTO words VALUES (?, ?, ?)")
      .bind(1, INT64_MIN)
      .bind(2, word)
      .bind_optional(3, std::nullopt)
      .run();
  database.prepare("INSERT INTO words VALUES (?, ?, ?)").bind(1, INT64_MAX).bind(2, "").bind_optional(3, "n").run();
  Statement rows = database.prepare("SELECT id, word, note FROM words ORDER BY id");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), INT64_MIN);
  EXPECT_EQ(rows.text(1), word);
  EXPECT_EQ(rows.optional_text(2), std::nullopt);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), INT64_MAX);
  EXPECT_EQ(rows.text(1), "");
  EXPECT_FALSE(rows.is_null(1));
  EXPECT_EQ(rows.optional_text(2), "n");
  EXPECT_FALSE(rows.step());
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
  Database database(path());
  database.migrate(kSteps);
  {
    Transaction transaction(database);
    database.execute("INSERT INTO words VALUES (1, 'x', NULL)");
  }
  EXPECT_EQ(count(), 0);
  {
    Transaction transaction(database);
    database.execute("INSERT INTO words VALUES (1, 'x', NULL)");
    transaction.commit();
  }
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, MigratesForwardKeepingRowsAndRunsEachStepOnce) {
  {
    Database old(path());
    old.migrate(std::span(kSteps).first(1));
    old.execute("INSERT INTO words VALUES (1, 'x')");
  }
  for (int i = 0; i < 2; ++i) {
    Database database(path());
    database.migrate(kSteps);
    EXPECT_EQ(database.user_version(), 2);
  }
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, RefusesADatabaseOfANewerDavit) {
  { Database(path()).migrate(kSteps); }
  Database database(path());
  EXPECT_EQ(code_of([&] { database.migrate(std::span(kSteps).first(1)); }), base::Code::kNotSupported);
  EXPECT_EQ(database.user_version(), 2);
}

TEST_F(DatabaseTest, AFailedMigrationStepLeavesTheVersionBefore) {
  constexpr std::array kBad{kSteps[0], "ALTER TABLE words ADD COLUMN note TEXT; SELECT no such thing"};
  Database database(path());
  EXPECT_THROW(database.migrate(kBad), base::Error);
  EXPECT_EQ(database.user_version(), 0);
  database.migrate(kSteps);
  EXPECT_EQ(database.user_version(), 2);
}

TEST_F(DatabaseTest, ProcessesThatMigrateAtOnceAgree) {
  const auto statuses = test::in_processes(6, [&](int) {
    Database database(path());
    database.migrate(kSteps);
    database.execute("INSERT INTO words (word) VALUES ('x')");
    return 0;
  });
  EXPECT_THAT(statuses, ::testing::Each(0));
  EXPECT_EQ(count(), 6);
}

// Switching a new file to WAL from two processes at once is answered "busy" without the busy timeout.
TEST_F(DatabaseTest, ProcessesThatMakeANewDatabaseAtOnceAllSucceed) {
  for (int round = 0; round < 20; ++round) {
    const std::filesystem::path file = path().string() + std::to_string(round);
    const auto statuses = test::in_processes(4, [&](int) {
      Database(file).migrate(kSteps);
      return 0;
    });
    EXPECT_THAT(statuses, ::testing::Each(0)) << "round " << round;
  }
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsCorrupt) {
  base::fs::write_file(path(), std::string(8192, 'x'));
  EXPECT_EQ(code_of([&] { Database(path()).migrate(kSteps); }), base::Code::kCorrupt);
}

TEST_F(DatabaseTest, ADamagedPageIsCorruptAndTheErrorNamesTheFile) {
  {
    Database database(path());
    database.migrate(kSteps);
    database.execute("INSERT INTO words (word) VALUES ('x')");
  }
  base::fs::File file = base::fs::File::open(path(), {.access = base::fs::Access::kReadWrite});
  ASSERT_GE(file.size(), 8192U);
  file.write_at(base::as_byte_view(std::string(4096, '\xee')), 4096);
  Database database(path());
  try {
    Statement rows = database.prepare("SELECT * FROM words");
    while (rows.step()) {
    }
    FAIL() << "the damage went unseen";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kCorrupt);
    EXPECT_NE(error.message().find(path().string()), std::string::npos);
  }
}

TEST_F(DatabaseTest, AMissingTableIsCorrupt) {
  Database database(path());
  database.migrate(kSteps);
  database.execute("DROP TABLE words");
  EXPECT_EQ(code_of([&] { database.prepare("SELECT * FROM words"); }), base::Code::kCorrupt);
}

TEST_F(DatabaseTest, KnowsWhetherItsFileIsStillTheOneAtThePath) {
  Database database(path());
  EXPECT_TRUE(database.still_named());
  base::fs::rename(path(), folder_.path() / "away.db");
  EXPECT_FALSE(database.still_named());
  Database other(path());
  EXPECT_FALSE(database.still_named());
  EXPECT_TRUE(other.still_named());
}

TEST_F(DatabaseTest, WritesAreInWalModeAndSynced) {
  Database database(path());
  database.migrate(kSteps);
  Statement mode = database.prepare("PRAGMA journal_mode");
  ASSERT_TRUE(mode.step());
  EXPECT_EQ(mode.text(0), "wal");
  Statement synchronous = database.prepare("PRAGMA synchronous");
  ASSERT_TRUE(synchronous.step());
  EXPECT_EQ(synchronous.integer(0), 2);
}

}  // namespace
}  // namespace davit::db
