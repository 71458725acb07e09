#include "operations/merge_config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "container/volume_spec.h"

namespace davit::operations {
namespace {

using Words = std::vector<std::string>;

oci::ExecutionConfig image() {
  oci::ExecutionConfig config;
  config.entrypoint = Words{"sh", "-c"};
  config.cmd = Words{"x"};
  config.env = {"PATH=/bin", "A=1", "B=2"};
  config.user = "5";
  config.working_dir = "/w";
  config.labels = {{"a", "b"}, {"c", "d"}};
  config.stop_signal = "SIGUSR1";
  config.volumes = {"/v1", "/v2/"};
  config.exposed_ports = {"80/tcp"};
  return config;
}

TEST(MergeConfig, AnImageSaysWhatTheCommandLineLeavesOpen) {
  const auto merged = merge_config(image(), {});
  EXPECT_EQ(merged.args(), (Words{"sh", "-c", "x"}));
  EXPECT_EQ(merged.env, (Words{"PATH=/bin", "A=1", "B=2"}));
  EXPECT_EQ(merged.user, "5");
  EXPECT_EQ(merged.working_dir, "/w");
  EXPECT_EQ(merged.stop_signal, "SIGUSR1");
  EXPECT_EQ(merged.labels, image().labels);
  EXPECT_EQ(merged.volumes, (Words{"/v1", "/v2"}));
  EXPECT_EQ(merged.exposed_ports, (Words{"80/tcp"}));
}

TEST(MergeConfig, TheCommandLineWins) {
  RunOptions options;
  options.command = {"y"};
  options.asked.env = {"A=9", "B", "C=3"};
  options.asked.user = "7";
  options.asked.working_dir = "/x";
  options.asked.stop_signal = "9";
  options.asked.labels = {{"c", "z"}};
  options.asked.mounts = {container::parse_volume("/anonymous"), container::parse_volume("data:/v1")};
  const auto merged = merge_config(image(), options);
  EXPECT_EQ(merged.args(), (Words{"sh", "-c", "y"}));
  EXPECT_EQ(merged.env, (Words{"A=9", "B", "C=3", "PATH=/bin"}));
  EXPECT_EQ(merged.user, "7");
  EXPECT_EQ(merged.working_dir, "/x");
  EXPECT_EQ(merged.stop_signal, "9");
  EXPECT_EQ(merged.labels, (container::Labels{{"a", "b"}, {"c", "z"}}));
  EXPECT_EQ(merged.volumes, (Words{"/anonymous", "/v1", "/v2"}));
}

TEST(MergeConfig, AnEntrypointDropsTheImagesCommand) {
  RunOptions options;
  options.entrypoint = "y";
  EXPECT_EQ(merge_config(image(), options).args(), (Words{"y"}));
  options.command = {"z"};
  EXPECT_EQ(merge_config(image(), options).args(), (Words{"y", "z"}));
  options.entrypoint = "";
  EXPECT_EQ(merge_config(image(), options).args(), (Words{"z"}));
  options.command.clear();
  EXPECT_THROW(merge_config(image(), options), base::Error);
}

}  // namespace
}  // namespace davit::operations
