#include "runtime/oci_message.h"

#include <gtest/gtest.h>

namespace davit::runtime {
namespace {

struct Row {
  const char* runtime;
  const char* message;
  const char* program;
  const char* expected;  // between docker's prefix and ": unknown"
  int exit_code;
};

class RuntimeMessage : public ::testing::TestWithParam<Row> {};

// The left column is what runc 1.1.5 and crun 1.8.1 were seen to say.
INSTANTIATE_TEST_SUITE_P(
    Seen, RuntimeMessage,
    ::testing::Values(
        Row{"runc",
            R"(runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH)",
            "nosuch",
            R"(runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH)",
            127},
        Row{"runc",
            R"(runc create failed: unable to start container process: exec: "/bin/x": stat /bin/x: no such file or directory)",
            "/bin/x",
            R"(runc create failed: unable to start container process: exec: "/bin/x": stat /bin/x: no such file or directory)",
            127},
        Row{"runc", R"(runc create failed: unable to start container process: exec: "/etc": permission denied)", "/etc",
            R"(runc create failed: unable to start container process: exec: "/etc": permission denied)", 126},
        Row{"runc", "runc create failed: something else", "true", "runc create failed: something else", 125},
        Row{"crun", "executable file `nosuch` not found in $PATH: No such file or directory", "nosuch",
            R"(runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH)",
            127},
        Row{"crun", "executable file `/bin/x` not found in $PATH: No such file or directory", "/bin/x",
            R"(runc create failed: unable to start container process: exec: "/bin/x": stat /bin/x: no such file or directory)",
            127},
        Row{"crun", "open executable: Operation not permitted", "/etc",
            R"(runc create failed: unable to start container process: exec: "/etc": permission denied)", 126},
        Row{"crun", "open executable: Permission denied", "/noexec",
            R"(runc create failed: unable to start container process: exec: "/noexec": permission denied)", 126},
        Row{"crun", "open executable: Operation not permitted", "",
            R"(runc create failed: unable to start container process: exec: "": executable file not found in $PATH)",
            127},
        Row{"crun", "mount `/a` to `b`: Not a directory", "true", "crun: mount `/a` to `b`: Not a directory", 125}));

TEST_P(RuntimeMessage, BecomesDockersWordsAndExitCode) {
  const auto& row = GetParam();
  const auto message = docker_create_message(row.runtime, row.message, row.program);
  EXPECT_EQ(message,
            std::string("failed to create shim task: OCI runtime create failed: ") + row.expected + ": unknown");
  EXPECT_EQ(exit_code_of_failed_start(message), row.exit_code);
}

TEST(RuntimeLog, LastErrorCounts) {
  EXPECT_EQ(last_error(R"({"level":"warning","msg":"w","time":"t"}
{"level":"error","msg":"first","time":"t"}
not json
{"msg":"second","level":"error","time":"t"}
{"level":"info","msg":"later"}
)"),
            "second");
  EXPECT_EQ(last_error(""), "");
}

}  // namespace
}  // namespace davit::runtime
