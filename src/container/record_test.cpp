#include "container/record.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

constexpr const char* kDigest = "sha256:b7041af2041a7a6089e2fcb37e8c0bfaf843673a2771149bdb721293d880a214";

Record full_record() {
  Record record;
  record.id = std::string(64, 'a');
  record.created = *base::parse_rfc3339("2026-11-23T17:30:55.123456789Z");
  auto& description = record.description;
  description.name = "web";
  description.image = oci::Digest::parse(kDigest);
  description.image_reference = "app:1";
  description.diff_ids = {oci::Digest::parse(kDigest)};
  description.command = {"sh", "-c", "quote \" and \xc3\xa9"};
  description.env = {"A=1"};
  description.user = "app:staff";
  description.working_dir = "/srv";
  description.hostname = "box";
  description.mounts = {{.source = "/host", .target = "/data", .read_only = true}};
  description.network = "host";
  description.stop_signal = "SIGUSR1";
  description.auto_remove = description.open_stdin = description.terminal = true;
  return record;
}

template <typename Parse>
base::Code code_of(Parse parse) {
  try {
    parse();
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("/store/x.json"), std::string::npos) << error.message();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return base::Code::kInternal;
}

TEST(ContainerRecord, ComesBackAsItWas) {
  EXPECT_EQ(parse_record(to_json(full_record()), "x"), full_record());
  Record small;
  small.id = "b";
  EXPECT_EQ(parse_record(to_json(small), "x"), small);
}

TEST(ContainerRecord, IsWrittenAsItsFormatPageSays) {
  EXPECT_EQ(boost::json::parse(to_json(full_record())),
            boost::json::parse(R"({
    "format": 2, "id": ")" + std::string(64, 'a') +
                               R"(", "created": "2026-11-23T17:30:55.123456789Z", "description": {"name": "web",
    "image": ")" + kDigest + R"(", "image_reference": "app:1", "diff_ids": [")" +
                               kDigest + R"("],
    "command": ["sh", "-c", "quote \" and é"], "env": ["A=1"], "user": "app:staff", "working_dir": "/srv", "hostname": "box",
    "mounts": [{"source": "/host", "target": "/data", "read_only": true}], "network": "host", "stop_signal": "SIGUSR1",
    "auto_remove": true, "open_stdin": true, "terminal": true}})"));
}

TEST(ContainerRecord, OfFormat1IsRead) {
  EXPECT_EQ(parse_record(R"({
    "format": 1, "id": ")" + std::string(64, 'a') +
                             R"(", "created": "2026-11-23T17:30:55.123456789Z", "name": "web",
    "image": ")" + kDigest + R"(", "image_reference": "app:1", "diff_ids": [")" +
                             kDigest + R"("],
    "args": ["sh", "-c", "quote \" and é"], "env": ["A=1"], "user": "app:staff", "working_dir": "/srv", "hostname": "box",
    "volumes": [{"source": "/host", "target": "/data", "read_only": true}], "network": "host", "stop_signal": "SIGUSR1",
    "auto_remove": true, "open_stdin": true, "terminal": true})",
                         "x"),
            full_record());
}

TEST(ContainerState, ComesBackAsItWas) {
  State state;
  EXPECT_EQ(parse_state(to_json(state), "x"), state);
  state.status = Status::kRunning;
  state.init = base::ProcessIdentity{"boot", 42, 1234567890123};
  state.conmon = base::ProcessIdentity{"boot", 41, 7};
  state.runtime_name = "runc";
  state.runtime_path = "/usr/sbin/runc";
  state.started = base::parse_rfc3339("2026-11-23T17:30:55Z");
  state.finished = base::parse_rfc3339("2026-11-23T17:30:56Z");
  state.exit_code = 137;
  state.error = "why";
  for (const auto status : {Status::kCreated, Status::kStarting, Status::kRunning, Status::kExited, Status::kDead}) {
    state.status = status;
    EXPECT_EQ(parse_state(to_json(state), "x"), state);
  }
}

TEST(ContainerState, StartingIsCreatedForUsers) {
  EXPECT_EQ(name(Status::kStarting), "created");
  EXPECT_EQ(name(Status::kExited), "exited");
}

TEST(ContainerRecord, DamageIsToldWithTheFilesName) {
  const auto whole = to_json(full_record());
  for (const auto& text : {std::string(), std::string("{}"), std::string("[]"), whole.substr(0, whole.size() / 2),
                           std::string(R"({"format":"one"})")}) {
    EXPECT_EQ(code_of([&] { parse_record(text, "/store/x.json"); }), base::Code::kCorrupt) << text;
    EXPECT_EQ(code_of([&] { parse_state(text, "/store/x.json"); }), base::Code::kCorrupt) << text;
  }
}

TEST(ContainerRecord, NewerFormatIsNotSupported) {
  EXPECT_EQ(code_of([] { parse_record(R"({"format":3})", "/store/x.json"); }), base::Code::kNotSupported);
  EXPECT_EQ(code_of([] { parse_state(R"({"format":3})", "/store/x.json"); }), base::Code::kNotSupported);
}

}  // namespace
}  // namespace davit::container
