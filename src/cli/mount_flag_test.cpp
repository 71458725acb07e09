#include "cli/mount_flag.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::cli {
namespace {

using container::MountKind;
using container::MountOrigin;
using container::MountPoint;

std::string problem(const std::string& text) {
  try {
    parse_mount(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

TEST(MountFlag, Bind) {
  const MountPoint expected = {.kind = MountKind::kBind,
                               .origin = MountOrigin::kMountFlag,
                               .source = "/etc",
                               .target = "/x",
                               .read_only = true,
                               .consistency = "cached",
                               .source_must_exist = true,
                               .propagation = "rshared",
                               .recursive = false};
  EXPECT_EQ(parse_mount("type=bind,source=/etc,target=/x,readonly,consistency=cached,bind-propagation=rshared,"
                        "bind-recursive=disabled")
                .mount,
            expected);
  EXPECT_EQ(
      parse_mount("TYPE=bind,SRC=/etc,DST=/x,RO=1,consistency=Cached,bind-propagation=RSHARED,bind-nonrecursive").mount,
      expected);
  EXPECT_EQ(parse_mount("type=bind,src=./x,dst=/x").mount.source, std::filesystem::current_path() / "x");
  EXPECT_TRUE(parse_mount("type=bind,src=/a,dst=/x,readonly,bind-recursive=readonly,bind-propagation=rprivate")
                  .mount.recursive_read_only);
}

TEST(MountFlag, Volume) {
  const MountPoint expected = {.kind = MountKind::kVolume,
                               .origin = MountOrigin::kMountFlag,
                               .source = "data",
                               .target = "/x",
                               .copy = false,
                               .driver = "local",
                               .subpath = "sub",
                               .driver_options = {{"device", "tmpfs"}, {"o", "size=1m,uid=5"}},
                               .labels = {{"a", "b"}, {"c", ""}}};
  const auto flag = parse_mount(
      "source=data,target=/x,volume-nocopy,volume-driver=local,volume-subpath=sub,volume-opt=device=tmpfs,"
      "\"volume-opt=o=size=1m,uid=5\",volume-label=a=b,volume-label=c");
  EXPECT_EQ(flag.type, "volume");
  EXPECT_EQ(flag.mount, expected);
  EXPECT_TRUE(parse_mount("target=/x").mount.anonymous);
}

TEST(MountFlag, Tmpfs) {
  EXPECT_EQ(parse_mount("type=tmpfs,dst=/x,tmpfs-size=1m,tmpfs-mode=0700").mount,
            (MountPoint{.kind = MountKind::kTmpfs,
                        .origin = MountOrigin::kMountFlag,
                        .target = "/x",
                        .size = 1048576,
                        .permissions = 0700}));
}

TEST(MountFlag, IsRefusedInDockersWords) {
  EXPECT_EQ(problem(""), "EOF");
  EXPECT_EQ(problem("x"), "invalid field 'x' must be a key=value pair");
  EXPECT_EQ(problem("type=bind,source=/etc,target=/x,"), "invalid field '' must be a key=value pair");
  EXPECT_EQ(problem("type=bind, source=/etc,target=/x"), "unexpected key ' source' in ' source=/etc'");
  EXPECT_EQ(problem("type=bind,source=/x"), "target is required");
  EXPECT_EQ(problem("type=tmpfs,volume-nocopy"), "target is required");
  EXPECT_EQ(problem("source=x,target=/x,readonly=foo"), "invalid value for readonly: foo");
  EXPECT_EQ(problem("type=tmpfs,target=/x,tmpfs-size=x"), "invalid value for tmpfs-size: x");
  EXPECT_EQ(problem("type=tmpfs,target=/x,tmpfs-mode=9"), "invalid value for tmpfs-mode: 9");
  EXPECT_EQ(problem("type=tmpfs,target=/x,volume-nocopy"), "cannot mix 'volume-*' options with mount type 'tmpfs'");
  EXPECT_EQ(problem("type=bind,source=/etc,target=/x,tmpfs-size=1"),
            "cannot mix 'tmpfs-*' options with mount type 'bind'");
  EXPECT_EQ(problem("target=/x,bind-propagation=shared"), "cannot mix 'bind-*' options with mount type 'volume'");
  EXPECT_EQ(problem("target=/x,image-subpath=a"), "cannot mix 'image-*' options with mount type 'volume'");
  EXPECT_EQ(problem("type=bind,source=/etc,target=/x,bind-recursive=x"),
            "invalid value for bind-recursive: x (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")");
  EXPECT_EQ(problem("type=bind,source=/etc,target=/x,bind-recursive=readonly"),
            "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
  EXPECT_EQ(problem("type=bind,source=/etc,target=/x,bind-recursive=readonly,readonly"),
            "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
}

}  // namespace
}  // namespace davit::cli
