#include "dockerfile/mount.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::dockerfile {
namespace {

Mount mount_of(std::string_view text) {
  return parse_mount(text, [](std::string_view value) { return std::string(value == "$V" ? "/v" : value); });
}

std::string mount_mistake(std::string_view text) {
  try {
    mount_of(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(RunMount, BindIsTheDefaultAndReadOnly) {
  const Mount mount = mount_of("target=$V,source=a,from=b");
  EXPECT_EQ(mount, (Mount{.type = MountType::kBind, .from = "b", .source = "a", .target = "/v", .read_only = true}));
  EXPECT_FALSE(mount_of("type=bind,dst=/a,rw").read_only);
  EXPECT_FALSE(mount_of("dst=/a,readwrite=true").read_only);
}

TEST(RunMount, CacheIsWritableAndHasOwnerModeAndSharing) {
  const Mount mount = mount_of("type=cache,id=c,destination=/a,sharing=locked,mode=0700,uid=1,gid=2,src=s");
  EXPECT_EQ(mount, (Mount{.type = MountType::kCache,
                          .source = "s",
                          .target = "/a",
                          .read_only = false,
                          .id = "c",
                          .sharing = CacheSharing::kLocked,
                          .mode = 0700,
                          .uid = 1,
                          .gid = 2}));
  EXPECT_TRUE(mount_of("type=cache,target=/a,ro").read_only);
}

TEST(RunMount, TmpfsHasASize) {
  EXPECT_EQ(mount_of("type=tmpfs,target=/a,size=64m").size_bytes, 64 << 20);
  EXPECT_EQ(mount_of("type=tmpfs,target=/a,size=1.5KiB").size_bytes, 1536);
  EXPECT_EQ(mount_of("type=tmpfs,target=/a,size=10").size_bytes, 10);
  EXPECT_EQ(mount_mistake("type=tmpfs,target=/a,size=x"), "invalid value for size: x");
}

TEST(RunMount, SecretsAndSshMayBeRequired) {
  EXPECT_TRUE(mount_of("type=secret,id=a,required").required);
  EXPECT_TRUE(mount_of("type=ssh,required=true").required);
  EXPECT_FALSE(mount_of("type=ssh").required);
  EXPECT_EQ(mount_of("type=secret,id=a,env=TOKEN").env, "TOKEN");
  EXPECT_EQ(mount_of("type=secret,id=a,env=").env, "");
}

TEST(RunMount, FieldsAreOfCsv) {
  EXPECT_EQ(mount_of("\"source=a,b\",\"target=/\"\"x\"").source, "a,b");
  EXPECT_EQ(mount_of("\"source=a,b\",\"target=/\"\"x\"").target, "/\"x");
  EXPECT_EQ(mount_mistake("source=a\"b"), "failed to parse csv mounts: bare \" in non-quoted-field");
  EXPECT_EQ(mount_mistake("\"source=a"), "failed to parse csv mounts: extraneous or missing \" in quoted-field");
}

TEST(RunMount, MistakesAreToldInBuildKitsWords) {
  const std::pair<const char*, const char*> rows[] = {
      {"type=bnid", "unsupported mount type \"bnid\" (did you mean bind?)"},
      {"type=volume", "unsupported mount type \"volume\""},
      {"type=cache,sharing=share", "unsupported sharing value \"share\" (did you mean shared?)"},
      {"traget=/a", "unexpected key 'traget' in 'traget=/a' (did you mean target?)"},
      {"target", "invalid field 'target' must be a key=value pair"},
      {"required", "unexpected key 'required' for mount type 'bind'"},
      {"size=1", "unexpected key 'size' for mount type 'bind'"},
      {"ro=maybe", "invalid value for ro: maybe"},
      {"type=cache,mode=9", "invalid value 9 for mode"},
      {"type=cache,uid=-1", "invalid value -1 for uid"},
      {"mode=7", "mode not allowed for \"bind\" type mounts"},
      {"type=tmpfs,uid=7", "uid not allowed for \"tmpfs\" type mounts"},
      {"gid=7", "gid not allowed for \"bind\" type mounts"},
      {"type=secret", "invalid secret mount. one of source, target required"},
      {"type=secret,id=a,from=b", "secret mount should not have a from"},
      {"type=secret,id=a,sharing=shared", "secret mount should not define sharing"},
      {"type=secret,id=a,source=b", "both source and id can't be set"},
      {"type=ssh,sharing=shared", "invalid cache sharing set for ssh mount"},
  };
  for (const auto& [text, mistake] : rows) EXPECT_EQ(mount_mistake(text), mistake) << text;
}

TEST(RunMount, FromIsKnownBeforeVariablesAre) {
  EXPECT_EQ(mount_from("type=$T,from=x,target=$V"), "x");
  EXPECT_EQ(mount_from("type=cache"), "");
  EXPECT_THROW(mount_from("from=a$B"), base::Error);
}

}  // namespace
}  // namespace davit::dockerfile
