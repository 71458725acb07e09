#include "container/volume_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

MountPoint bind(const char* source, const char* target, bool read_only, const char* mode = "") {
  return {.source = source, .target = target, .read_only = read_only, .mode = mode};
}

MountPoint volume(const char* source, const char* target, bool read_only, const char* mode = "") {
  return {.kind = MountKind::kVolume, .source = source, .target = target, .read_only = read_only, .mode = mode};
}

template <typename Parse>
std::string problem(const Parse& parse, std::string_view text) {
  try {
    parse(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

std::string message(std::string_view text) { return problem(parse_volume, text); }

TEST(ParseVolume, BindsAHostPath) {
  EXPECT_EQ(parse_volume("/host:/ctr"), bind("/host", "/ctr", false));
  EXPECT_EQ(parse_volume("/host:/ctr:ro"), bind("/host", "/ctr", true, "ro"));
  EXPECT_EQ(parse_volume("/host:/ctr:rw"), bind("/host", "/ctr", false, "rw"));
  EXPECT_EQ(parse_volume("/host/../x/:/ctr//y/:ro,z"), bind("/x", "/ctr/y", true, "ro,z"));
  EXPECT_EQ(parse_volume("/:/host"), bind("/", "/host", false));
  EXPECT_EQ(parse_volume("/a:/b:rshared,ro").propagation, "rshared");
}

TEST(ParseVolume, NamesAVolume) {
  EXPECT_EQ(parse_volume("data:/x"), volume("data", "/x", false));
  EXPECT_EQ(parse_volume("data:/x:ro"), volume("data", "/x", true, "ro"));
  EXPECT_FALSE(parse_volume("data:/x:nocopy,Z").copy);
  const auto anonymous = parse_volume("/x/");
  EXPECT_TRUE(anonymous.anonymous);
  EXPECT_EQ(anonymous.target, "/x");
}

TEST(ParseVolume, RefusesInDockersWords) {
  EXPECT_EQ(message("relative/path:/x"),
            "create relative/path: \"relative/path\" includes invalid characters for a local volume name, only "
            "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path");
  EXPECT_EQ(message("a:/x"),
            "create a: volume name is too short, names should be at least two alphanumeric characters");
  EXPECT_EQ(
      message("/tmp:relative"),
      "invalid volume specification: '/tmp:relative': invalid mount config for type \"bind\": invalid mount path: "
      "'relative' mount path must be absolute");
  EXPECT_EQ(message("/tmp:/"),
            "invalid volume specification: '/tmp:/': invalid mount config for type \"bind\": invalid specification: "
            "destination can't be '/'");
  EXPECT_EQ(message("/a:/b:nosuch"), "invalid mode: nosuch");
  EXPECT_EQ(message("/a:/b:ro,rw"), "invalid mode: ro,rw");
  EXPECT_EQ(message("/a:/b:z,Z"), "invalid mode: z,Z");
  EXPECT_EQ(message("/a:/b:shared,rslave"), "invalid mode: shared,rslave");
  EXPECT_EQ(message("data:/b:rshared"),
            "invalid volume specification: 'data:/b:rshared': invalid mount config for type \"volume\": field "
            "BindOptions must not be specified");
  EXPECT_EQ(message("/a:/b:nocopy"),
            "invalid volume specification: '/a:/b:nocopy': invalid mount config for type \"bind\": field "
            "VolumeOptions must not be specified");
  EXPECT_EQ(message("/a:/b:ro:x"), "invalid volume specification: '/a:/b:ro:x'");
  EXPECT_EQ(message("/a::ro"), "invalid spec: /a::ro: empty section between colons");
  EXPECT_EQ(message(""), "invalid spec: : empty section between colons");
}

TEST(ParseTmpfs, TakesDockersOptions) {
  const auto mount = parse_tmpfs("/t:size=64m,ro,mode=700,noexec,uid=5");
  EXPECT_EQ(mount.kind, MountKind::kTmpfs);
  EXPECT_EQ(mount.target, "/t");
  EXPECT_EQ(mount.options, "size=64m,ro,mode=700,noexec,uid=5");
  EXPECT_TRUE(mount.read_only);
  EXPECT_EQ(problem(parse_tmpfs, "x"), "invalid mount path: 'x' mount path must be absolute");
  EXPECT_EQ(problem(parse_tmpfs, ""), "invalid mount path: '' mount path must be absolute");
  EXPECT_EQ(problem(parse_tmpfs, "/"), "invalid specification: destination can't be '/'");
  EXPECT_EQ(problem(parse_tmpfs, "/x:foo"), "invalid tmpfs option [\"foo\"]");
  EXPECT_EQ(problem(parse_tmpfs, "/x:size=5q"), "invalid tmpfs option [\"size=5q\"]");
  EXPECT_EQ(problem(parse_tmpfs, "/x:foo=1"), "invalid tmpfs option [\"foo=1\"]");
}

TEST(ParseVolumesFrom, NamesAContainerAndAMode) {
  EXPECT_EQ(parse_volumes_from("c1").container, "c1");
  EXPECT_FALSE(parse_volumes_from("c1:rw,z").read_only);
  EXPECT_TRUE(parse_volumes_from("c1:ro").read_only);
  EXPECT_EQ(problem(parse_volumes_from, "c1:foo"), "invalid mode: foo");
  EXPECT_EQ(problem(parse_volumes_from, "c1:ro:z"), "invalid mode: ro:z");
  EXPECT_EQ(problem(parse_volumes_from, "c1:nocopy"), "invalid mode: nocopy");
  EXPECT_EQ(problem(parse_volumes_from, "c1:rshared"), "invalid mode: rshared");
  EXPECT_EQ(problem(parse_volumes_from, ""), "volumes-from specification cannot be an empty string");
  EXPECT_EQ(problem(parse_volumes_from, ":z"), "volumes-from specification cannot be an empty string");
}

TEST(CheckMount, RefusesInDockersWords) {
  const auto reason = [](MountPoint mount) { return problem([&](std::string_view) { check_mount(mount); }, ""); };
  EXPECT_EQ(reason({.target = "/x"}), "invalid mount config for type \"bind\": field Source must not be empty");
  EXPECT_EQ(reason({.source = "/nosuch", .target = "/x", .source_must_exist = true}),
            "invalid mount config for type \"bind\": bind source path does not exist: /nosuch");
  EXPECT_EQ(reason({.source = "rel", .target = "/x"}),
            "invalid mount config for type \"bind\": invalid mount path: 'rel' mount path must be absolute");
  EXPECT_EQ(reason({.source = "/etc", .target = "/x", .propagation = "foo"}),
            "invalid mount config for type \"bind\": invalid propagation mode: foo");
  EXPECT_EQ(reason({.kind = MountKind::kVolume, .target = "/x", .read_only = true}),
            "invalid mount config for type \"volume\": must not set ReadOnly mode when using anonymous volumes");
  EXPECT_EQ(reason({.kind = MountKind::kTmpfs, .source = "x", .target = "/x"}),
            "invalid mount config for type \"tmpfs\": field Source must not be specified");
  EXPECT_EQ(reason({.kind = MountKind::kVolume, .source = "data", .target = "/x", .driver = "foo"}),
            "error looking up volume plugin foo: plugin \"foo\" not found");
  EXPECT_EQ(reason({.kind = MountKind::kVolume, .source = "data", .target = "/x", .driver_options = {{"foo", "1"}}}),
            "create data: invalid option: \"foo\"");
}

}  // namespace
}  // namespace davit::container
