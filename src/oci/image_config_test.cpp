#include "oci/image_config.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::oci {
namespace {

const std::string kDiffId = "sha256:" + std::string(64, 'd');
const std::string kRootfs = R"("rootfs":{"type":"layers","diff_ids":[")" + kDiffId + R"("]})";

ImageConfig with_config(const std::string& config) {
  return ImageConfig::parse("{" + kRootfs + R"(,"config":)" + config + "}");
}

std::string message_of(const std::string& text) {
  try {
    ImageConfig::parse(text);
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
    return e.message();
  }
  return "";
}

// As docker writes one, each field in use.
const std::string kFull =
    R"({"architecture":"arm64","variant":"v8","os":"linux","os.version":"1.2","author":"me","docker_version":"20.10.24",)"
    R"("container":"ignored","container_config":{"Cmd":["ignored"]},"created":"2026-11-23T17:30:55.123456789Z",)"
    R"("config":{"Hostname":"ignored","User":"1000:1000","Env":["PATH=/bin","A="],"Entrypoint":["/init"],"Cmd":["sh","-c"],)"
    R"("Shell":["/bin/bash"],"WorkingDir":"/srv","Labels":{"b":"2","a":"1"},"ExposedPorts":{"80/tcp":{},"53/udp":{}},)"
    R"("Volumes":{"/data":{}},"OnBuild":["RUN x"],"StopSignal":"SIGINT","ArgsEscaped":true,"Image":"","Tty":false,)"
    R"("Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Timeout":1,"StartPeriod":2,"StartInterval":3,"Retries":4}},)"
    R"("history":[{"created":"2026-11-23T17:30:54Z","created_by":"COPY","comment":"c","author":"a"},{"empty_layer":true}],)" +
    kRootfs + "}";

TEST(ImageConfig, IsReadInFull) {
  const ImageConfig config = ImageConfig::parse(kFull);
  EXPECT_EQ(config.platform, (Platform{"linux", "arm64", "v8", "1.2"}));
  EXPECT_EQ(config.author, "me");
  EXPECT_EQ(config.docker_version, "20.10.24");
  EXPECT_EQ(base::to_rfc3339(*config.created), "2026-11-23T17:30:55.123456789Z");
  ASSERT_EQ(config.diff_ids.size(), 1U);
  EXPECT_EQ(config.diff_ids[0].text(), kDiffId);

  using Strings = std::vector<std::string>;
  const ExecutionConfig& run = config.config;
  EXPECT_EQ(run.user, "1000:1000");
  EXPECT_EQ(run.env, (Strings{"PATH=/bin", "A="}));
  EXPECT_EQ(run.entrypoint, (Strings{"/init"}));
  EXPECT_EQ(run.cmd, (Strings{"sh", "-c"}));
  EXPECT_EQ(run.shell, (Strings{"/bin/bash"}));
  EXPECT_EQ(run.working_dir, "/srv");
  EXPECT_EQ(run.labels, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(run.exposed_ports, (Strings{"53/udp", "80/tcp"}));
  EXPECT_EQ(run.volumes, (Strings{"/data"}));
  EXPECT_EQ(run.on_build, (Strings{"RUN x"}));
  EXPECT_EQ(run.stop_signal, "SIGINT");
  EXPECT_TRUE(run.args_escaped);
  ASSERT_TRUE(run.healthcheck);
  EXPECT_EQ(*run.healthcheck, (Healthcheck{{"CMD", "true"}, 30'000'000'000, 1, 2, 3, 4}));

  ASSERT_EQ(config.history.size(), 2U);
  EXPECT_EQ(config.history[0].created_by, "COPY");
  EXPECT_FALSE(config.history[0].empty_layer);
  EXPECT_TRUE(config.history[1].empty_layer);
  EXPECT_FALSE(config.history[1].created);
}

TEST(ImageConfig, IsWrittenWithDockersFieldNames) {
  EXPECT_EQ(
      to_json(ImageConfig::parse(kFull)),
      R"({"created":"2026-11-23T17:30:55.123456789Z","author":"me","architecture":"arm64","variant":"v8","os":"linux",)"
      R"("os.version":"1.2","docker_version":"20.10.24","config":{"User":"1000:1000","ExposedPorts":{"53/udp":{},"80/tcp":{}},)"
      R"("Env":["PATH=/bin","A="],"Entrypoint":["/init"],"Cmd":["sh","-c"],"Healthcheck":{"Test":["CMD","true"],)"
      R"("Interval":30000000000,"Timeout":1,"StartPeriod":2,"StartInterval":3,"Retries":4},"ArgsEscaped":true,)"
      R"("Volumes":{"/data":{}},"WorkingDir":"/srv","OnBuild":["RUN x"],"Labels":{"a":"1","b":"2"},"StopSignal":"SIGINT",)"
      R"("Shell":["/bin/bash"]},)" +
          kRootfs +
          R"(,"history":[{"created":"2026-11-23T17:30:54Z","created_by":"COPY","author":"a","comment":"c"},{"empty_layer":true}]})");
}

TEST(ImageConfig, IsReadBackAsWritten) {
  const ImageConfig config = ImageConfig::parse(kFull);
  EXPECT_EQ(ImageConfig::parse(to_json(config)), config);
}

TEST(ImageConfig, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_json(ImageConfig()), R"({"config":{},"rootfs":{"type":"layers","diff_ids":[]}})");
}

TEST(ImageConfig, WritesSetsSortedWhateverTheOrderOfTheValue) {
  ImageConfig one, two;
  one.config.exposed_ports = {"1/tcp", "2/tcp"};
  two.config.exposed_ports = {"2/tcp", "1/tcp"};
  EXPECT_EQ(to_json(one), to_json(two));
}

TEST(ImageConfig, TellsAnEmptyCommandFromNone) {
  EXPECT_FALSE(with_config(R"({"Cmd":null})").config.cmd);
  EXPECT_FALSE(with_config("{}").config.cmd);
  const ImageConfig empty = with_config(R"({"Cmd":[],"Entrypoint":[]})");
  ASSERT_TRUE(empty.config.cmd);
  EXPECT_TRUE(empty.config.cmd->empty());
  EXPECT_EQ(ImageConfig::parse(to_json(empty)), empty);
}

TEST(ImageConfig, TakesACommandThatIsOneString) {
  EXPECT_EQ(with_config(R"({"Cmd":"ls"})").config.cmd, std::vector<std::string>{"ls"});
}

TEST(ImageConfig, TakesGosNullsAndZeroTime) {
  const ImageConfig config = ImageConfig::parse(
      R"({"created":"0001-01-01T00:00:00Z","config":null,"history":null,"rootfs":{"type":"layers","diff_ids":null}})");
  EXPECT_FALSE(config.created);
  EXPECT_TRUE(config.diff_ids.empty());
  EXPECT_EQ(with_config(R"({"Env":null,"Labels":null,"Volumes":null,"Healthcheck":null})").config, ExecutionConfig());
}

TEST(ImageConfig, SaysWhatIsWrongWhere) {
  EXPECT_EQ(message_of("{}"), "invalid image config: rootfs is missing");
  EXPECT_EQ(message_of(R"({"rootfs":{"type":"layers"}})"), "invalid image config: rootfs.diff_ids is missing");
  EXPECT_EQ(message_of(R"({"rootfs":{"type":"tarsum","diff_ids":[]}})"),
            "invalid image config: rootfs.type must be \"layers\"");
  EXPECT_EQ(message_of(R"({"rootfs":{"diff_ids":["x"]}})"),
            "invalid image config: rootfs.diff_ids[0] is an invalid digest 'x': invalid checksum digest format");
  EXPECT_EQ(message_of("{" + kRootfs + R"(,"config":{"Env":"A=b"}})"),
            "invalid image config: config.Env must be an array, not a string");
  EXPECT_EQ(message_of("{" + kRootfs + R"(,"config":{"Labels":{"a.b":1}}})"),
            "invalid image config: config.Labels[\"a.b\"] must be a string, not a number");
  EXPECT_EQ(message_of("{" + kRootfs + R"(,"config":{"Healthcheck":{"Interval":"30s"}}})"),
            "invalid image config: config.Healthcheck.Interval must be a whole number, not a string");
  EXPECT_EQ(message_of("{" + kRootfs + R"(,"history":[{"created":"now"}]})"),
            "invalid image config: history[0].created must be a time as in 2006-01-02T15:04:05Z, not 'now'");
  EXPECT_NE(message_of("{" + kRootfs + R"(,"config":{"Healthcheck":{"Retries":99999999999}}})"), "");
  EXPECT_NE(message_of("[]"), "");
  EXPECT_NE(message_of("{" + kRootfs + "," + kRootfs + "}"), "");
}

}  // namespace
}  // namespace davit::oci
