#include "runtime/devices.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

namespace fs = base::fs;
using ::testing::ElementsAre;

std::string refusal(const std::vector<Device>& wanted) {
  try {
    find_devices(wanted);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(Devices, NodeIsFoundByAnyNameOfIt) {
  const fs::TemporaryDirectory folder(::testing::TempDir());
  fs::symbolic_link("/dev/null", folder.path() / "link");
  const auto found = find_devices({{"/dev/null", "/dev/here", "r"}, {folder.path() / "link", "/dev/there", "rw"}});
  ASSERT_EQ(found.nodes.size(), 2U);
  EXPECT_EQ(found.nodes[0], (DeviceNode{.path = "/dev/here", .type = 'c', .major = 1, .minor = 3, .mode = 0666}));
  EXPECT_EQ(found.nodes[1].path, "/dev/there");
  EXPECT_THAT(found.rules, ElementsAre(DeviceRule{true, 'c', 1, 3, "r"}, DeviceRule{true, 'c', 1, 3, "rw"}));
}

TEST(Devices, FolderStandsForItsNodes) {
  const auto found = find_devices({{"/dev/net", "/dev/other", "rwm"}});
  ASSERT_FALSE(found.nodes.empty());
  EXPECT_EQ(found.nodes[0].path, "/dev/other/tun");
  EXPECT_EQ(found.nodes.size(), found.rules.size());
}

TEST(Devices, WhatIsNoneIsRefusedInDockersWords) {
  EXPECT_EQ(refusal({{"/dev/nosuch", "/dev/nosuch"}}),
            "error gathering device information while adding custom device \"/dev/nosuch\": no such file or directory");
  EXPECT_EQ(refusal({{"/etc", "/etc"}}),
            "error gathering device information while adding custom device \"/etc\": not a device node");
  EXPECT_EQ(refusal({{"/etc/passwd", "/x"}}),
            "error gathering device information while adding custom device \"/etc/passwd\": not a device node");
}

TEST(Devices, HostsAreAllButThoseThatEachContainerHas) {
  const auto found = host_devices();
  EXPECT_THAT(found.rules, ElementsAre(DeviceRule{true, 'a', -1, -1, "rwm"}));
  bool null = false;
  for (const auto& node : found.nodes) {
    null = null || node.path == "/dev/null";
    EXPECT_NE(node.path, "/dev/console");
    EXPECT_FALSE(node.path.string().starts_with("/dev/pts/")) << node.path;
  }
  EXPECT_TRUE(null);
}

TEST(Devices, RulesAreParsed) {
  EXPECT_EQ(parse_device_rule("c 1:3 mr"), (DeviceRule{true, 'c', 1, 3, "mr"}));
  EXPECT_EQ(parse_device_rule("a *:* rwm"), (DeviceRule{true, 'a', -1, -1, "rwm"}));
  EXPECT_EQ(parse_device_rule("b 8:* r"), (DeviceRule{true, 'b', 8, -1, "r"}));
  for (const char* bad :
       {"", "x 1:1 r", "c 1 r", "c 1:1", "c 1:1 q", "c -1:1 r", "c 1:1 rwmr", "c 1:x r", "c  1:1 r"}) {
    EXPECT_THROW(parse_device_rule(bad), base::Error) << bad;
  }
}

}  // namespace
}  // namespace davit::runtime
