// What a container may take of the machine.

#include "cli/flag_values.h"
#include "cli/run_flag_rows.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

constexpr std::int64_t kNoSwappiness = -1;

void put_swappiness(const Values& values, RunLine& line) {
  const std::int64_t value = values.number();
  if (value == kNoSwappiness) return;
  if (value < 0 || value > 100)
    throw ClientError(fmt::format("invalid value: {}. Valid memory swappiness range is 0-100", value));
  line.asked().resources.memory_swappiness = value;
}

// One for each kind of limit, in the order of their names; of a kind that comes twice the last.
void put_ulimit(const Values& values, RunLine& line) {
  std::map<std::string, runtime::ResourceLimit> limits;
  for (auto& limit : values.each_parsed(parse_ulimit)) limits[limit.name] = limit;
  for (auto& [name, limit] : limits) line.asked().limits.push_back(limit);
}

constexpr Flag bytes(std::string_view name, std::string_view help, char letter = 0) {
  return {.name = name, .letter = letter, .kind = ValueKind::kString, .help = help, .value_name = "bytes"};
}
constexpr Flag number(std::string_view name, std::string_view help, char letter = 0) {
  return {.name = name, .letter = letter, .kind = ValueKind::kInt, .help = help};
}
constexpr Flag per_device(std::string_view name, std::string_view help) {
  return {.name = name, .kind = ValueKind::kList, .help = help, .default_text = "[]"};
}

std::vector<RunFlag> memory_rows() {
  return {
      {.flag = bytes("memory", "Memory limit", 'm'),
       .put = [](const Values& values, RunLine& line) { line.asked().resources.memory = values.parsed(parse_bytes); }},
      {.flag = bytes("memory-reservation", "Memory soft limit"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.memory_reservation = values.parsed(parse_bytes); }},
      {.flag = bytes("memory-swap", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.memory_swap = values.parsed(parse_swap_bytes); }},
      {.flag = {.name = "memory-swappiness",
                .kind = kInt,
                .help = "Tune container memory swappiness (0 to 100)",
                .default_text = "-1"},
       .put = put_swappiness},
      {.flag = {.name = "oom-kill-disable", .help = "Disable OOM Killer"},
       .put = [](const Values& values, RunLine& line) { line.asked().resources.oom_kill_disable = values.flag(); }},
      {.flag = number("oom-score-adj", "Tune host's OOM preferences (-1000 to 1000)"),
       .put = [](const Values& values, RunLine& line) { line.asked().oom_score_adj = values.integer(); }},
      {.flag = bytes("shm-size", "Size of /dev/shm"),
       .put =
           [](const Values& values, RunLine& line) {
             const auto size = static_cast<std::uint64_t>(values.parsed(parse_bytes));
             if (size != 0) line.asked().shm_size = size;
           }},
  };
}

std::vector<RunFlag> cpu_rows() {
  return {
      {.flag = number("cpu-period", "Limit CPU CFS (Completely Fair Scheduler) period"),
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpu_period = values.number(); }},
      {.flag = number("cpu-quota", "Limit CPU CFS (Completely Fair Scheduler) quota"),
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpu_quota = values.number(); }},
      {.flag = number("cpu-rt-period", "Limit CPU real-time period in microseconds"),
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpu_rt_period = values.number(); }},
      {.flag = number("cpu-rt-runtime", "Limit CPU real-time runtime in microseconds"),
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpu_rt_runtime = values.number(); }},
      {.flag = number("cpu-shares", "CPU shares (relative weight)", 'c'),
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpu_shares = values.number(); }},
      {.flag = {.name = "cpus", .kind = kString, .help = "Number of CPUs", .value_name = "decimal"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.nano_cpus = values.parsed(parse_cpus); }},
      {.flag = {.name = "cpuset-cpus", .kind = kString, .help = "CPUs in which to allow execution (0-3, 0,1)"},
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpuset_cpus = values.text(); }},
      {.flag = {.name = "cpuset-mems", .kind = kString, .help = "MEMs in which to allow execution (0-3, 0,1)"},
       .put = [](const Values& values, RunLine& line) { line.asked().resources.cpuset_mems = values.text(); }},
      {.flag = number("pids-limit", "Tune container pids limit (set -1 for unlimited)"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.pids_limit = values.number() < 0 ? -1 : values.number(); }},
      {.flag =
           {.name = "ulimit", .kind = kList, .help = "Ulimit options", .default_text = "[]", .value_name = "ulimit"},
       .put = put_ulimit},
  };
}

std::vector<RunFlag> device_rows() {
  return {
      {.flag = {.name = "blkio-weight",
                .kind = kString,
                .help = "Block IO (relative weight), between 10 and 1000, or 0 to disable",
                .default_text = "0",
                .value_name = "uint16"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.blkio_weight = values.parsed(parse_weight); }},
      {.flag = per_device("blkio-weight-device", "Block IO weight (relative device weight)"),
       .put =
           [](const Values& values, RunLine& line) {
             line.asked().resources.blkio_weight_devices = values.each_parsed(parse_weight_device);
           }},
      {.flag = {.name = "device", .kind = kList, .help = "Add a host device to the container", .values = "FILE"},
       .put =
           [](const Values& values, RunLine& line) {
             for (const std::string& text : values.list())
               line.asked().devices.push_back(on_client_side([&] { return parse_device(text); }));
           }},
      {.flag = {.name = "device-cgroup-rule", .kind = kList, .help = "Add a rule to the cgroup allowed devices list"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().device_rules = values.each_parsed(parse_device_rule); }},
      {.flag = per_device("device-read-bps", "Limit read rate (bytes per second) from a device"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.read_bps = values.each_parsed(parse_bps_device); }},
      {.flag = per_device("device-read-iops", "Limit read rate (IO per second) from a device"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.read_iops = values.each_parsed(parse_iops_device); }},
      {.flag = per_device("device-write-bps", "Limit write rate (bytes per second) to a device"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.write_bps = values.each_parsed(parse_bps_device); }},
      {.flag = per_device("device-write-iops", "Limit write rate (IO per second) to a device"),
       .put = [](const Values& values,
                 RunLine& line) { line.asked().resources.write_iops = values.each_parsed(parse_iops_device); }},
  };
}

}  // namespace

std::vector<RunFlag> resource_flags() {
  std::vector<RunFlag> rows = memory_rows();
  for (const auto& part : {cpu_rows(), device_rows()}) rows.insert(rows.end(), part.begin(), part.end());
  rows.push_back(
      {.flag = {.name = "cgroup-parent", .kind = kString, .help = "Optional parent cgroup for the container"},
       .put = [](const Values& values, RunLine& line) { line.asked().cgroup_parent = values.text(); }});
  return rows;
}

}  // namespace davit::cli
