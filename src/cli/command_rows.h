#pragma once
// The parts of the command table, a file each, and the flags that several of them share. Private to src/cli.

#include <vector>

#include "cli/command.h"

namespace davit::cli {

std::vector<Command> file_commands();             // files_table.cpp
std::vector<Command> build_commands();            // build_table.cpp
std::vector<Command> image_commands();            // images_table.cpp
std::vector<Command> lifecycle_commands();        // lifecycle_table.cpp
std::vector<Command> network_commands();          // networks_table.cpp
std::vector<Command> run_commands();              // run_table.cpp
std::vector<Command> registry_commands();         // registry_table.cpp
std::vector<Command> registry_server_commands();  // registry_server_table.cpp
std::vector<Command> stream_commands();           // streams_table.cpp
std::vector<Command> system_commands();           // system_table.cpp
std::vector<Command> volume_commands();           // volumes_table.cpp

inline constexpr Flag kFilter = {.name = "filter",
                                 .letter = 'f',
                                 .kind = ValueKind::kList,
                                 .help = "Filter output based on conditions provided",
                                 .value_name = "filter"};
inline constexpr Flag kPruneFilter = {.name = "filter",
                                      .kind = ValueKind::kList,
                                      .help = "Provide filter values: until=TIMESTAMP, label=KEY[=VALUE], label!=…",
                                      .value_name = "filter"};
inline constexpr Flag kPruneForce = {.name = "force", .letter = 'f', .help = "Do not prompt for confirmation"};
inline constexpr Flag kNoTrunc = {.name = "no-trunc", .help = "Don't truncate output"};
inline constexpr Flag kFormat = {
    .name = "format",
    .kind = ValueKind::kString,
    .help = "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template",
    .values = "json table"};
inline constexpr Flag kInspectFormat = {.name = "format",
                                        .letter = 'f',
                                        .kind = ValueKind::kString,
                                        .help = "Format output using a custom template: 'json' or a Go template",
                                        .values = "json"};
inline constexpr Flag kPlatform = {
    .name = "platform",
    .kind = ValueKind::kString,
    .help = "Set platform if the server is multi-platform capable",
    .values = "linux/386 linux/amd64 linux/arm/v6 linux/arm/v7 linux/arm64 linux/ppc64le linux/riscv64 linux/s390x"};

}  // namespace davit::cli
