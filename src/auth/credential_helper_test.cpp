#include "auth/credential_helper.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/log.h"

namespace davit::auth {
namespace {

namespace fs = base::fs;

class CredentialHelperTest : public testing::Test {
 protected:
  CredentialHelperTest() : folder_(testing::TempDir()), path_(std::getenv("PATH")) {
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    base::log::set_level(base::log::Level::kOff);
  }
  ~CredentialHelperTest() override {
    ::setenv("PATH", path_.c_str(), 1);
    base::log::set_level(base::log::Level::kWarning);
  }
  // A helper whose script this is; $in is what it was given.
  CredentialHelper helper(const std::string& script, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    fs::write_file(folder_.path() / "docker-credential-test", "#!/bin/sh\nin=$(cat)\n" + script + "\n", 0755);
    return CredentialHelper("test", {.timeout = timeout});
  }
  std::string failure(const CredentialHelper& helper) {
    try {
      helper.get("reg.example");
    } catch (const HelperError& e) {
      return e.message();
    }
    return "no failure";
  }

  fs::TemporaryDirectory folder_;
  std::string path_;
};

TEST_F(CredentialHelperTest, GetAsksForTheServerAndReadsItsAnswer) {
  const auto asked = helper(R"([ "$1 $in" = "get reg.example" ] || exit 9
echo '{"ServerURL":"reg.example","Username":"alice","Secret":"s:e"}')");
  EXPECT_EQ(asked.get("reg.example"), (Credentials{"alice", "s:e", ""}));
}

TEST_F(CredentialHelperTest, TheTokenUserMeansAnIdentityToken) {
  EXPECT_EQ(helper(R"(echo '{"Username":"<token>","Secret":"refresh"}')").get("r"), (Credentials{"", "", "refresh"}));
}

TEST_F(CredentialHelperTest, NotFoundMeansNone) {
  EXPECT_EQ(helper("echo credentials not found in native keychain; exit 1").get("r"), std::nullopt);
  helper("echo credentials not found in native keychain; exit 1").erase("r");
}

TEST_F(CredentialHelperTest, StoreEraseAndListSpeakTheProtocol) {
  const std::string log = (folder_.path() / "log").string();
  const auto kept = helper("printf '%s %s\\n' \"$1\" \"$in\" >>" + log + "; [ $1 != list ] || echo '{\"r\":\"u\"}'");
  kept.store("reg.example", {"alice", "secret", ""});
  kept.store("reg.example", {"alice", "", "refresh"});
  kept.erase("reg.example");
  EXPECT_EQ(kept.list(), (std::map<std::string, std::string>{{"r", "u"}}));
  EXPECT_EQ(fs::read_file(log),
            "store {\"ServerURL\":\"reg.example\",\"Username\":\"alice\",\"Secret\":\"secret\"}\n"
            "store {\"ServerURL\":\"reg.example\",\"Username\":\"<token>\",\"Secret\":\"refresh\"}\n"
            "erase reg.example\nlist \n");
}

TEST_F(CredentialHelperTest, AMissingProgramIsNamed) {
  EXPECT_EQ(failure(CredentialHelper("no-such-one")),
            "error getting credentials - err: exec: \"docker-credential-no-such-one\": executable file not found in "
            "$PATH, out: ``");
}

TEST_F(CredentialHelperTest, AFailureHasItsStatusAndWords) {
  EXPECT_EQ(failure(helper("echo some words; echo more >&2; exit 3")),
            "error getting credentials - err: docker-credential-test: exit status 3, out: `some words`");
  EXPECT_EQ(failure(helper("kill -9 $$")),
            "error getting credentials - err: docker-credential-test: signal: killed, out: ``");
}

TEST_F(CredentialHelperTest, ASecretThatAFailingHelperSaysIsNotShown) {
  EXPECT_EQ(failure(helper(R"(echo '{"Username":"u","Secret":"s3cret"}'; exit 1)")),
            "error getting credentials - err: docker-credential-test: exit status 1, out: `(not shown: it holds a "
            "secret)`");
  base::log::set_level(base::log::Level::kWarning);
  testing::internal::CaptureStderr();
  try {
    helper("echo \"cannot keep s3cret\"; echo \"debug: $in, s3cret\" >&2; exit 1").store("r", {"u", "s3cret", ""});
    ADD_FAILURE() << "stored";
  } catch (const HelperError& e) {
    EXPECT_EQ(e.message().find("s3cret"), std::string::npos) << e.message();
  }
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_NE(logged.find("docker-credential-test: (not shown"), std::string::npos) << logged;
  EXPECT_EQ(logged.find("s3cret"), std::string::npos) << logged;
}

TEST_F(CredentialHelperTest, CtrlCEndsTheWait) {
  const auto slow = helper("exec sleep 1000");
  base::raise_interrupt_for_test(true);
  try {
    slow.get("r");
    ADD_FAILURE() << "no failure";
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kCancelled);
  }
  base::raise_interrupt_for_test(false);
}

TEST_F(CredentialHelperTest, GarbageIsNotShown) {
  for (const char* out : {"s3cret", "[\"s3cret\"]", "{\"Secret\":\"s3cret\"", ""}) {
    const std::string words = failure(helper("printf '%s' '" + std::string(out) + "'"));
    EXPECT_NE(words.find("docker-credential-test: its answer is no JSON object"), std::string::npos) << words;
    EXPECT_EQ(words.find("s3cret"), std::string::npos) << words;
  }
}

TEST_F(CredentialHelperTest, TooMuchIsRefused) {
  EXPECT_NE(failure(helper("head -c 300000 /dev/zero | tr '\\0' ' '; echo '{}'")).find("larger than 262144 bytes"),
            std::string::npos);
}

TEST_F(CredentialHelperTest, AHangEnds) {
  EXPECT_EQ(failure(helper("exec sleep 1000", std::chrono::milliseconds(1000))),
            "error getting credentials - err: docker-credential-test: no answer within 1 s, out: ``");
}

TEST_F(CredentialHelperTest, ANameIsNoPath) {
  for (const char* name : {"", "../x", "/bin/sh"}) EXPECT_THROW(CredentialHelper{name}, HelperError);
}

}  // namespace
}  // namespace davit::auth
