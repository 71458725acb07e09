#pragma once
// What crun and runc say when a container cannot be made or started, in docker's words, and the exit code docker gives
// it.

#include <string>
#include <string_view>

namespace davit::runtime {

// The last error of a runtime's JSON log; empty when it has none.
std::string last_error(std::string_view json_log);

// Docker's message for a runtime's: "failed to create shim task: OCI runtime create failed: runc create failed: unable
// to start container process: exec: "nosuch": executable file not found in $PATH: unknown". crun's own sentences about
// the program are put into runc's. `program` is args[0].
std::string docker_create_message(std::string_view runtime_name, std::string_view message, std::string_view program);

// The same of a process in a running container: "OCI runtime exec failed: exec failed: unable to start container
// process: exec: "nosuch": executable file not found in $PATH: unknown".
std::string docker_exec_message(std::string_view runtime_name, std::string_view message, std::string_view program);

// 127: the program is not there; 126: it is, but cannot be run; 125: anything else. Docker's CLI decides by the words
// too.
int exit_code_of_failed_start(std::string_view message);

}  // namespace davit::runtime
