// Privileges and namespaces.

#include <algorithm>

#include "cli/flag_values.h"
#include "cli/run_flag_rows.h"
#include "cli/security_options.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

bool is_container_mode(const std::string& mode) {
  constexpr std::string_view kPrefix = "container:";
  return mode.starts_with(kPrefix) && mode.size() > kPrefix.size();
}

// The namespace of a flag, of which docker's client knows the values.
std::string mode_of(const Values& values, std::string_view what, std::initializer_list<std::string_view> known,
                    bool containers = false) {
  const std::string mode = values.text();
  if (std::find(known.begin(), known.end(), mode) == known.end() && !(containers && is_container_mode(mode)))
    throw ClientError(std::string(what));
  return mode;
}

void put_isolation(const Values& values, RunLine&) {
  const std::string isolation = values.text();
  if (isolation.empty() || isolation == "default") return;
  throw base::Error::format(base::Code::kInvalidArgument, "Invalid isolation: \"{}\" - linux only supports 'default'",
                            isolation);
}

void put_ipc(const Values& values, RunLine& line) {
  const std::string mode = values.text();
  for (const std::string_view known : {"", "none", "private", "shareable", "host"}) {
    if (mode == known) return void(line.asked().namespaces.ipc = mode);
  }
  if (mode == "container:")
    throw base::Error(base::Code::kInvalidArgument, "can't join IPC of container : invalid name or ID supplied: \"\"");
  if (!is_container_mode(mode)) throw base::Error(base::Code::kInvalidArgument, "Invalid IPC mode: " + mode);
  line.asked().namespaces.ipc = mode;
}

constexpr std::string_view kCgroupnsHelp =
    "Cgroup namespace to use (host|private)\n"
    "'host':    Run the container in the Docker host's cgroup namespace\n"
    "'private': Run the container in its own private cgroup namespace\n"
    "'':        Use the cgroup namespace as configured by the\n"
    "           default-cgroupns-mode option on the daemon (default)";

std::vector<RunFlag> namespace_rows() {
  return {
      {.flag = {.name = "cgroupns", .kind = kString, .help = kCgroupnsHelp, .values = "host private"},
       .put =
           [](const Values& values, RunLine& line) {
             line.asked().namespaces.cgroup =
                 mode_of(values, "--cgroupns: invalid CGROUP mode", {"", "host", "private"});
           }},
      {.flag = {.name = "ipc", .kind = kString, .help = "IPC mode to use", .values = "none private shareable host"},
       .put = put_ipc},
      {.flag = {.name = "isolation", .kind = kString, .help = "Container isolation technology", .values = "default"},
       .put = put_isolation},
      {.flag = {.name = "pid", .kind = kString, .help = "PID namespace to use", .values = "host"},
       .put =
           [](const Values& values, RunLine& line) {
             line.asked().namespaces.pid = mode_of(values, "--pid: invalid PID mode", {"", "host"}, true);
           }},
      {.flag = {.name = "userns", .kind = kString, .help = "User namespace to use", .values = "host"},
       .put =
           [](const Values& values, RunLine& line) {
             line.asked().namespaces.user = mode_of(values, "--userns: invalid USER mode", {"", "host"});
           }},
      {.flag = {.name = "uts", .kind = kString, .help = "UTS namespace to use", .values = "host"},
       .put =
           [](const Values& values, RunLine& line) {
             line.asked().namespaces.uts = mode_of(values, "--uts: invalid UTS mode", {"", "host"});
           }},
  };
}

}  // namespace

std::vector<RunFlag> security_flags() {
  std::vector<RunFlag> rows = {
      {.flag = {.name = "cap-add", .kind = kList, .help = "Add Linux capabilities"},
       .put = [](const Values& values, RunLine& line) { line.asked().security.cap_add = values.list(); }},
      {.flag = {.name = "cap-drop", .kind = kList, .help = "Drop Linux capabilities"},
       .put = [](const Values& values, RunLine& line) { line.asked().security.cap_drop = values.list(); }},
      {.flag = {.name = "privileged", .help = "Give extended privileges to this container"},
       .put = [](const Values& values, RunLine& line) { line.asked().security.privileged = values.flag(); }},
      {.flag = {.name = "read-only", .help = "Mount the container's root filesystem as read only"},
       .put = [](const Values& values, RunLine& line) { line.asked().read_only_root = values.flag(); }},
      {.flag = {.name = "security-opt", .kind = kList, .help = "Security Options"},
       .put = [](const Values& values,
                 RunLine& line) { apply_security_options(values.list(), line.asked().security); }},
      {.flag =
           {.name = "sysctl", .kind = kList, .help = "Sysctl options", .default_text = "map[]", .value_name = "map"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().sysctls = key_values(values.each_parsed(parse_sysctl)); }},
  };
  const std::vector<RunFlag> more = namespace_rows();
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace davit::cli
