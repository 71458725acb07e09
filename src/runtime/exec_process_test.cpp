#include "runtime/exec_process.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/capabilities.h"

namespace davit::runtime {
namespace {

namespace json = boost::json;

json::object process_json(const ExecProcess& process, const HostLimits& host = {}) {
  ContainerSpec spec = default_spec(NetworkMode::kOwn, host);
  spec.process.args = {"sleep", "600"};
  spec.process.env = {"A=b"};
  spec.process.working_dir = "/srv";
  spec.process.capabilities = {"CAP_CHOWN", "CAP_KILL"};
  spec.process.no_new_privileges = true;
  return json::parse(exec_process_json(to_oci_json(spec, host), process, host)).as_object();
}

TEST(ExecProcess, HasItsOwnWordsAndTheContainersBounds) {
  const auto process = process_json({.args = {"id", "-u"}, .env = {"X=y"}, .user = {.uid = 0, .gid = 3}});
  EXPECT_EQ(process.at("args"), json::value({"id", "-u"}));
  EXPECT_EQ(process.at("env"), json::value({"X=y"}));
  EXPECT_EQ(process.at("cwd"), json::value("/srv"));
  EXPECT_EQ(process.at("user").at("gid").to_number<int>(), 3);
  EXPECT_EQ(process.at("terminal"), json::value(false));
  EXPECT_EQ(process.at("noNewPrivileges"), json::value(true));
  EXPECT_EQ(process.at("capabilities").at("effective"), json::value({"CAP_CHOWN", "CAP_KILL"}));
  EXPECT_FALSE(process.contains("consoleSize"));
}

TEST(ExecProcess, AnotherUserHasNoCapabilityInEffect) {
  const auto process = process_json({.args = {"id"}, .user = {.uid = 5, .additional_gids = {7, 8}}});
  EXPECT_EQ(process.at("capabilities").as_object().size(), 1U);
  EXPECT_EQ(process.at("capabilities").at("bounding"), json::value({"CAP_CHOWN", "CAP_KILL"}));
  EXPECT_EQ(process.at("user").at("additionalGids").as_array().size(), 2U);
}

TEST(ExecProcess, PrivilegedHasAllThatWeHave) {
  HostLimits host;
  host.capabilities = 0b100001;  // CHOWN, KILL
  EXPECT_EQ(process_json({.args = {"id"}, .privileged = true}, host).at("capabilities").at("effective"),
            json::value({"CAP_CHOWN", "CAP_KILL"}));
  EXPECT_EQ(process_json({.args = {"id"}, .privileged = true}).at("capabilities").at("effective").as_array().size(),
            all_capabilities().size());
}

TEST(ExecProcess, ATerminalHasItsSizeFromTheStart) {
  const auto process = process_json({.args = {"sh"}, .terminal = true, .window = {.rows = 30, .columns = 100}});
  EXPECT_EQ(process.at("terminal"), json::value(true));
  EXPECT_EQ(process.at("consoleSize").at("height").to_number<int>(), 30);
  EXPECT_EQ(process.at("consoleSize").at("width").to_number<int>(), 100);
  EXPECT_FALSE(process_json({.args = {"sh"}, .terminal = true}).contains("consoleSize"));
}

TEST(ExecProcess, AConfigThatIsNoneIsRefused) {
  for (const char* text : {"", "[]", "{}", "{\"process\":1}"}) {
    EXPECT_THROW(exec_process_json(text, {.args = {"id"}}, {}), base::Error) << text;
  }
}

}  // namespace
}  // namespace davit::runtime
