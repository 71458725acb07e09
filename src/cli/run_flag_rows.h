#pragma once
// The parts of the table of run's and create's flags, a file each. Private to src/cli.

#include <vector>

#include "cli/run_flags.h"

namespace davit::cli {

std::vector<RunFlag> command_flags();   // run_flags_command.cpp: how davit itself goes about it
std::vector<RunFlag> process_flags();   // run_flags_process.cpp: the program and its streams
std::vector<RunFlag> resource_flags();  // run_flags_resources.cpp
std::vector<RunFlag> security_flags();  // run_flags_security.cpp: privileges and namespaces
std::vector<RunFlag> file_flags();      // run_flags_files.cpp: mounts
std::vector<RunFlag> network_flags();   // run_flags_network.cpp: networks and name service
// What --network and those that go with it say together; without any of them the default bridge.
void put_networks(const Arguments& arguments, RunLine& line);
std::vector<RunFlag> refused_flags();  // run_flags_refused.cpp

}  // namespace davit::cli
