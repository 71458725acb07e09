#include "container/volume.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

MountPoint bind(const char* source, const char* target, bool read_only, const char* mode = "") {
  return {.source = source, .target = target, .read_only = read_only, .mode = mode};
}

std::string message(std::string_view text) {
  try {
    parse_volume(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(ParseVolume, BindsAHostPath) {
  EXPECT_EQ(parse_volume("/host:/ctr"), bind("/host", "/ctr", false));
  EXPECT_EQ(parse_volume("/host:/ctr:ro"), bind("/host", "/ctr", true, "ro"));
  EXPECT_EQ(parse_volume("/host:/ctr:rw"), bind("/host", "/ctr", false, "rw"));
  EXPECT_EQ(parse_volume("/host/../x/:/ctr//y/:ro,z"), bind("/x", "/ctr/y", true, "ro,z"));
  EXPECT_EQ(parse_volume("/:/host"), bind("/", "/host", false));
}

TEST(ParseVolume, RefusesInDockersWords) {
  EXPECT_EQ(message("relative/path:/x"),
            "create relative/path: \"relative/path\" includes invalid characters for a local volume name, only "
            "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path");
  EXPECT_EQ(
      message("/tmp:relative"),
      "invalid volume specification: '/tmp:relative': invalid mount config for type \"bind\": invalid mount path: "
      "'relative' mount path must be absolute");
  EXPECT_EQ(message("/tmp:/"),
            "invalid volume specification: '/tmp:/': invalid mount config for type \"bind\": invalid specification: "
            "destination can't be '/'");
  EXPECT_EQ(message("/a:/b:nosuch"), "invalid mode: nosuch");
  EXPECT_EQ(message("/a:/b:ro:x"), "invalid volume specification: '/a:/b:ro:x'");
  EXPECT_EQ(message("/a::ro"), "invalid spec: /a::ro: empty section between colons");
  EXPECT_EQ(message(""), "invalid spec: : empty section between colons");
}

TEST(ParseVolume, TakesVolumes) {
  EXPECT_EQ(
      parse_volume("data:/x:ro"),
      (MountPoint{.kind = MountKind::kVolume, .source = "data", .target = "/x", .read_only = true, .mode = "ro"}));
  EXPECT_EQ(parse_volume("/anonymous"), (MountPoint{.kind = MountKind::kVolume, .target = "/anonymous"}));
  EXPECT_FALSE(parse_volume("data:/x:nocopy").copy);
}

TEST(ParseVolumes, RefusesATargetTwice) {
  try {
    parse_volumes({"/a:/x", "/b:/x/"});
    FAIL() << "taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "Duplicate mount point: /x");
  }
}

}  // namespace
}  // namespace davit::container
