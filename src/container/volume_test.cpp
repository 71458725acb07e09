#include "container/volume.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

std::string message(std::string_view text) {
  try {
    parse_volume(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(ParseVolume, BindsAHostPath) {
  EXPECT_EQ(parse_volume("/host:/ctr"), (BindVolume{"/host", "/ctr", false}));
  EXPECT_EQ(parse_volume("/host:/ctr:ro"), (BindVolume{"/host", "/ctr", true}));
  EXPECT_EQ(parse_volume("/host:/ctr:rw"), (BindVolume{"/host", "/ctr", false}));
  EXPECT_EQ(parse_volume("/host/../x/:/ctr//y/:ro,z"), (BindVolume{"/x", "/ctr/y", true}));
  EXPECT_EQ(parse_volume("/:/host"), (BindVolume{"/", "/host", false}));
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

TEST(ParseVolume, RefusesVolumesByName) {
  for (const char* text : {"data:/x", "/anonymous", "data:/x:ro"}) {
    try {
      parse_volume(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Code::kNotSupported);
      EXPECT_NE(error.message().find(text), std::string::npos);
    }
  }
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
