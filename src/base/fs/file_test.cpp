#include "base/fs/file.h"

#include <cerrno>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"

namespace davit::base::fs {
namespace {

class FileTest : public testing::Test {
 protected:
  ~FileTest() override { set_fault_hook({}); }
  TemporaryDirectory folder_{testing::TempDir()};
};

TEST_F(FileTest, WritesDurablyAsOneStepAndReadsBack) {
  const auto path = folder_.path() / "f";
  write_file_durably(path, "one");
  write_file_durably(path, "two", 0640);
  EXPECT_EQ(read_file(path), "two");
  EXPECT_EQ(File::open(path).status().st_mode & 0777, 0640U);
  EXPECT_EQ(list(folder_.path()), std::vector<std::string>{"f"});
}

TEST_F(FileTest, AFailureAtAnyCallLeavesTheOldContent) {
  const auto path = folder_.path() / "f";
  write_file_durably(path, "old");
  for (int n = 1;; ++n) {
    int calls = 0;
    set_fault_hook([&](Operation, std::string_view) { return ++calls == n ? EIO : 0; });
    bool failed = false;
    try {
      write_file_durably(path, "new");
    } catch (const Error& e) {
      failed = true;
      EXPECT_EQ(e.code(), Code::kIo);
    }
    set_fault_hook({});
    if (!failed) {
      EXPECT_GT(n, 4);
      break;
    }
    const std::string content = read_file(path);
    EXPECT_TRUE(content == "old" || content == "new");
    EXPECT_EQ(list(folder_.path()), std::vector<std::string>{"f"}) << "call " << n;
  }
}

TEST_F(FileTest, AbsenceIsNothingAndErrorsNameThePath) {
  const auto path = folder_.path() / "missing";
  EXPECT_FALSE(read_file_if_exists(path));
  try {
    read_file(path);
    FAIL() << "read_file did not throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_NE(e.message().find(path.string()), std::string::npos);
  }
}

TEST_F(FileTest, RefusesAFileLargerThanTheLimit) {
  write_file(folder_.path() / "f", "12345");
  EXPECT_THROW(read_file(folder_.path() / "f", 4), Error);
}

TEST_F(FileTest, RemoveTreeTakesReadOnlyFoldersAndNeverFollowsLinks) {
  make_directories(folder_.path() / "outside");
  write_file(folder_.path() / "outside" / "kept", "x");
  make_directories(folder_.path() / "tree" / "a" / "b", 0500);
  symbolic_link("../outside", folder_.path() / "tree" / "link");
  remove_tree(folder_.path() / "tree");
  EXPECT_FALSE(fs::exists(folder_.path() / "tree"));
  EXPECT_TRUE(fs::exists(folder_.path() / "outside" / "kept"));
}

TEST_F(FileTest, RemoveTreeTakesATreeDeeperThanThereAreDescriptors) {
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit few = {.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  make_directory(folder_.path() / "tree");
  FileDescriptor at(::open((folder_.path() / "tree").c_str(), O_RDONLY | O_DIRECTORY));
  for (int depth = 0; depth < 3000; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), "a", 0700), 0);
    at = FileDescriptor(::openat(at.get(), "a", O_RDONLY | O_DIRECTORY));
  }
  at.reset();
  EXPECT_NO_THROW(remove_tree(folder_.path() / "tree"));
  EXPECT_FALSE(fs::exists(folder_.path() / "tree"));
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(FileTest, WritebackBeginsEveryFewMebibytesAndTellsOfADiskThatFails) {
  const auto path = folder_.path() / "f";
  File file = File::open(path, {.access = Access::kReadWrite, .create = Create::kExclusive});
  int begun = 0;
  bool broken = false;
  set_fault_hook([&](Operation operation, std::string_view) {
    if (operation != Operation::kSync) return 0;
    ++begun;
    return broken ? EIO : 0;
  });
  WritebackSink sink(file);
  const std::string piece(3 << 20, 'x');
  for (int i = 0; i < 7; ++i) sink.write(as_byte_view(piece));  // 21 MiB
  EXPECT_EQ(begun, 2);
  sink.finish();
  sink.finish();
  EXPECT_EQ(begun, 3);
  EXPECT_EQ(sink.end(), 21U << 20);
  EXPECT_EQ(file.size(), 21U << 20);
  broken = true;
  sink.write(as_byte_view("x"));
  EXPECT_THROW(sink.finish(), Error);
}

TEST_F(FileTest, WritebackIsAHintWhereItCannotBeDone) {
  File null = File::open("/dev/null", {.access = Access::kWrite});
  null.start_writeback(0, 4096);
}

TEST_F(FileTest, DataIsFoundBetweenHoles) {
  const auto path = folder_.path() / "f";
  File file = File::open(path, {.access = Access::kReadWrite, .create = Create::kExclusive});
  EXPECT_FALSE(file.data_after(0));
  file.write_at(as_byte_view("x"), 10 << 20);
  file.truncate(20 << 20);
  const auto data = file.data_after(0);
  ASSERT_TRUE(data);
  EXPECT_GT(data->offset, 0U);  // unless the file system knows no holes
  EXPECT_LE(data->offset, 10U << 20);
  EXPECT_GT(data->offset + data->size, 10U << 20);
  EXPECT_FALSE(file.data_after(data->offset + data->size));
  EXPECT_FALSE(file.data_after(30 << 20));
}

}  // namespace
}  // namespace davit::base::fs
