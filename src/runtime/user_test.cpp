#include "runtime/user.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

constexpr const char* kPasswd =
    "# a comment\n"
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken line\n"
    "nohome:x:7:8\n"
    "app:x:1000:1001:App:/home/app:/bin/sh\n"
    "2000:x:3000:3000::/odd:/bin/sh\n";
constexpr const char* kGroup =
    "root:x:0:\n"
    "wheel:x:10:root,app\n"
    "app:x:1001:app\n"
    "staff:x:50:other\n";

User user(std::string_view wanted) { return find_user(kPasswd, kGroup, wanted); }

std::string message(std::string_view wanted) {
  try {
    user(wanted);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(FindUser, NobodyNamedIsRoot) { EXPECT_EQ(user(""), (User{0, 0, {0, 10}, "/root"})); }

TEST(FindUser, ByName) { EXPECT_EQ(user("app"), (User{1000, 1001, {1001, 10}, "/home/app"})); }

TEST(FindUser, ByNumberWithAnEntry) { EXPECT_EQ(user("1000"), user("app")); }

TEST(FindUser, ByNumberWithoutAnEntry) { EXPECT_EQ(user("4242"), (User{4242, 0, {0}, "/"})); }

TEST(FindUser, NumberIsNeverTakenForAName) {
  EXPECT_EQ(user("2000"), (User{2000, 0, {0}, "/"}));
  EXPECT_EQ(find_user("", "50:x:60:\n", "1:50").gid, 50U);
}

TEST(FindUser, NamelessRowIsNotRoots) { EXPECT_EQ(find_user(":x:5:5::/odd:/bin/sh\n", "", "").uid, 0U); }

TEST(FindUser, GroupByNameAndNumberReplacesAllGroups) {
  EXPECT_EQ(user("app:staff"), (User{1000, 50, {50}, "/home/app"}));
  EXPECT_EQ(user("app:77"), (User{1000, 77, {77}, "/home/app"}));
  EXPECT_EQ(user(":staff").gid, 50U);
}

TEST(FindUser, EntryWithoutHomeHasTheRoot) { EXPECT_EQ(user("nohome"), (User{7, 8, {8}, "/"})); }

TEST(FindUser, UnknownNamesAreRefusedInDockersWords) {
  EXPECT_EQ(message("nosuch"), "unable to find user nosuch: no matching entries in passwd file");
  EXPECT_EQ(message("app:nosuch"), "unable to find group nosuch: no matching entries in group file");
  EXPECT_EQ(message("4294967296"), "uids and gids must be in range 0-2147483647");
}

TEST(FindUser, LinksAreFollowedInsideTheRootAlone) {
  const base::fs::TemporaryDirectory folder(::testing::TempDir());
  base::fs::make_directory(folder.path() / "etc");
  base::fs::make_directory(folder.path() / "outside");
  base::fs::write_file(folder.path() / "passwd", "app:x:5:6::/inside:/bin/sh\n");
  base::fs::symbolic_link("/passwd", folder.path() / "etc/passwd");
  const auto root = base::fs::Directory::open(folder.path());
  EXPECT_EQ(find_user(root, "app"), (User{5, 6, {6}, "/inside"}));
}

TEST(FindUser, RootWithoutFilesIsFine) {
  const base::fs::TemporaryDirectory folder(::testing::TempDir());
  EXPECT_EQ(find_user(base::fs::Directory::open(folder.path()), "1:2"), (User{1, 2, {2}, "/"}));
}

TEST(FindGroups, ByNameOrNumber) {
  constexpr std::string_view kRows = "root:x:0:\nwheel:x:10:root\n";
  EXPECT_EQ(find_groups(kRows, {"1234", "wheel", "10"}), (std::vector<std::uint32_t>{1234, 10, 10}));
  const auto message = [&](const char* wanted) -> std::string {
    try {
      find_groups(kRows, {wanted});
    } catch (const base::Error& error) {
      return error.message();
    }
    return "accepted";
  };
  EXPECT_EQ(message("nosuch"), "Unable to find group nosuch: no matching entries in group file");
  EXPECT_EQ(message("-5"), "uids and gids must be in range 0-2147483647");
  EXPECT_EQ(message("4294967296"), "uids and gids must be in range 0-2147483647");
}

}  // namespace
}  // namespace davit::runtime
