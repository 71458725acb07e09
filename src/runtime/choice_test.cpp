#include "runtime/choice.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

namespace fs = base::fs;
using ::testing::HasSubstr;

// Programs of our own stand in for crun and runc, first on PATH. The real ones are tried by container_run_*_test.
class Choice : public ::testing::Test {
 protected:
  Choice() : folder_(::testing::TempDir()), path_before_(std::getenv("PATH")) {
    fs::make_directory(bin());
    ::setenv("PATH", (bin().string() + ":" + path_before_).c_str(), 1);
  }
  ~Choice() override { ::setenv("PATH", path_before_.c_str(), 1); }

  std::filesystem::path bin() const { return folder_.path() / "bin"; }
  std::filesystem::path run() const { return folder_.path() / "run"; }

  // A runtime that answers `create` with an exit code and a line in its log, and counts those calls.
  void install(const std::string& name, const std::string& version, const std::string& refusal) {
    const auto calls = (folder_.path() / (name + ".calls")).string();
    fs::write_file(
        bin() / name,
        "#!/bin/sh\n"
        "if [ \"$1\" = --version ]; then echo '" +
            name + " version " + version +
            "'; exit 0; fi\n"
            "[ \"$7\" = create ] || exit 0\n"
            "echo >> " +
            calls + "\n" +
            (refusal.empty() ? "exit 0\n"
                             : "echo '{\"level\":\"error\",\"msg\":\"" + refusal + "\"}' >> \"$4\"\nexit 1\n"),
        0755);
  }
  std::size_t calls(const std::string& name) const {
    return fs::read_file_if_exists(folder_.path() / (name + ".calls")).value_or("").size();
  }
  RuntimeChoice choose(const std::string& wanted = "auto") const {
    return choose_runtime(wanted, run(), "/davit-choice-test");
  }

  fs::TemporaryDirectory folder_;
  std::string path_before_;
};

TEST_F(Choice, PrefersCrun) {
  install("crun", "1.2", "");
  install("runc", "1.1.5+ds1", "");
  EXPECT_EQ(choose(), (RuntimeChoice{"crun", bin() / "crun", "1.2", "preferred, and works here"}));
  EXPECT_EQ(calls("runc"), 0U);
}

TEST_F(Choice, TakesRuncWhereCrunRefusesTheHostAndSaysWhy) {
  install("crun", "1.2", "cgroups in hybrid mode not supported");
  install("runc", "1.1.5+ds1", "");
  EXPECT_EQ(choose(),
            (RuntimeChoice{"runc", bin() / "runc", "1.1.5+ds1", "crun: cgroups in hybrid mode not supported"}));
}

TEST_F(Choice, IsMadeOncePerBoot) {
  install("crun", "1.2", "no");
  install("runc", "1.1", "");
  const auto first = choose();
  EXPECT_EQ(choose(), first);
  EXPECT_EQ(calls("runc"), 1U);
}

TEST_F(Choice, IsMadeAnewWhenAProgramChanges) {
  install("crun", "1.2", "no");
  install("runc", "1.1", "");
  EXPECT_EQ(choose().name, "runc");
  install("crun", "1.3", "");
  EXPECT_EQ(choose().name, "crun");
}

TEST_F(Choice, NamesBothWhenNeitherWorks) {
  install("crun", "1.2", "this");
  install("runc", "1.1", "that");
  try {
    choose();
    FAIL() << "no error";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "no OCI runtime works on this host (crun: this; runc: that)");
    EXPECT_EQ(error.code(), base::Code::kNotSupported);
  }
}

TEST_F(Choice, NamedOneIsTakenUntried) {
  install("crun", "1.2", "no");
  EXPECT_EQ(choose("crun").why, "configured");
  EXPECT_EQ(choose((bin() / "crun").string()).name, "crun");
  EXPECT_EQ(calls("crun"), 0U);
}

TEST_F(Choice, NamedOneThatIsMissingIsRefused) { EXPECT_THROW(choose("nosuch-runtime"), base::Error); }

TEST_F(Choice, LeavesNoProbeBehind) {
  install("crun", "1.2", "no");
  install("runc", "1.1", "");
  choose();
  EXPECT_THAT(fs::list(run()), ::testing::ElementsAre("runtime.json", "runtime.lock"));
}

}  // namespace
}  // namespace davit::runtime
