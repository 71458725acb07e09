#include "operations/config_changes.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::operations {
namespace {

oci::ExecutionConfig changed(const std::vector<std::string>& changes) {
  oci::ExecutionConfig config;
  apply_changes(config, changes);
  return config;
}

std::string refusal(const std::string& change) {
  try {
    changed({change});
  } catch (const base::Error& e) {
    return e.message();
  }
  return "accepted";
}

TEST(ConfigChanges, CommandsInBothForms) {
  EXPECT_EQ(changed({"CMD [\"sleep\", \"1\"]"}).cmd, (std::vector<std::string>{"sleep", "1"}));
  EXPECT_EQ(changed({"cmd sleep 1"}).cmd, (std::vector<std::string>{"/bin/sh", "-c", "sleep 1"}));
  EXPECT_EQ(changed({"ENTRYPOINT [\"/app\"]"}).entrypoint, (std::vector<std::string>{"/app"}));
}

TEST(ConfigChanges, EnvironmentAddsAndReplaces) {
  const auto config = changed({"ENV A=1 B='two words'", "ENV A=3", "ENV OLD form here"});
  EXPECT_EQ(config.env, (std::vector<std::string>{"A=3", "B=two words", "OLD=form here"}));
}

TEST(ConfigChanges, PortsVolumesLabelsUserWorkdirAndTheRest) {
  const auto config =
      changed({"EXPOSE 80 53/udp", "VOLUME /data", "VOLUME [\"/a\", \"/b\"]", "LABEL k=v \"with blank\"=x", "USER app",
               "WORKDIR /srv", "WORKDIR app", "STOPSIGNAL SIGINT", "ONBUILD RUN true"});
  EXPECT_EQ(config.exposed_ports, (std::vector<std::string>{"53/udp", "80/tcp"}));
  EXPECT_EQ(config.volumes, (std::vector<std::string>{"/a", "/b", "/data"}));
  EXPECT_EQ(config.labels.at("with blank"), "x");
  EXPECT_EQ(config.user, "app");
  EXPECT_EQ(config.working_dir, "/srv/app");
  EXPECT_EQ(config.stop_signal, "SIGINT");
  EXPECT_EQ(config.on_build, (std::vector<std::string>{"RUN true"}));
}

TEST(ConfigChanges, Healthchecks) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(changed({"HEALTHCHECK NONE"}).healthcheck->test, Words{"NONE"});
  EXPECT_EQ(changed({"healthcheck cmd curl  -f x"}).healthcheck->test, (Words{"CMD-SHELL", "curl  -f x"}));
  const auto check = *changed({"HEALTHCHECK --interval=1m30s --timeout=2s --start-period=1.5s --start-interval=300ms "
                               "--retries=4 CMD [\"/check\", \"-q\"]"})
                          .healthcheck;
  EXPECT_EQ(check, (oci::Healthcheck{.test = {"CMD", "/check", "-q"},
                                     .interval_ns = 90'000'000'000,
                                     .timeout_ns = 2'000'000'000,
                                     .start_period_ns = 1'500'000'000,
                                     .start_interval_ns = 300'000'000,
                                     .retries = 4}));
}

TEST(ConfigChanges, MistakesInAHealthcheckAreNamed) {
  const auto refused = [](const std::string& text) { return refusal("HEALTHCHECK " + text); };
  EXPECT_EQ(refused("NONE x"), "HEALTHCHECK NONE takes no arguments");
  EXPECT_EQ(refused("CMD"), "Missing command after HEALTHCHECK CMD");
  EXPECT_EQ(refused("CMD []"), "Missing command after HEALTHCHECK CMD");
  EXPECT_EQ(refused("--retries=2"), "Unknown type \"\" in HEALTHCHECK (try CMD)");
  EXPECT_EQ(refused("run x"), "Unknown type \"RUN\" in HEALTHCHECK (try CMD)");
  EXPECT_EQ(refused("--nosuch=1 CMD x"), "Unknown flag: nosuch");
  EXPECT_EQ(refused("--interval CMD x"), "Missing a value on flag: interval");
  EXPECT_EQ(refused("--interval=30 CMD x"), "time: missing unit in duration \"30\"");
  EXPECT_EQ(refused("--timeout=1us CMD x"), "Interval \"timeout\" cannot be less than 1ms");
  EXPECT_EQ(refused("--retries=0 CMD x"), "--retries must be at least 1 (not 0)");
  EXPECT_EQ(refused("--retries=x CMD x"), "--retries must be a number (not x)");
}

TEST(ConfigChanges, MistakesAreNamed) {
  EXPECT_EQ(refusal("RUN true"), "run is not a valid change command");
  EXPECT_EQ(refusal("VOLUME []"), "VOLUME requires at least one argument");
  EXPECT_EQ(refusal("STOPSIGNAL NOPE"), "Invalid signal: NOPE");
  EXPECT_EQ(refusal("ONBUILD from x"), "FROM isn't allowed as an ONBUILD trigger");
  EXPECT_EQ(refusal("ONBUILD ONBUILD x"), "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  EXPECT_EQ(refusal("CMD"), "CMD requires at least one argument");
  EXPECT_EQ(refusal("EXPOSE 99999"), "Invalid containerPort: 99999");
  EXPECT_EQ(refusal("ENV A='x"), "a quote is not closed");
  EXPECT_EQ(refusal("ENV A"), "'A' has no value: write it as A=VALUE");
}

}  // namespace
}  // namespace davit::operations
