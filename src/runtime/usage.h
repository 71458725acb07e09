#pragma once
// What a container takes of the machine at this moment, as the kernel counts it. Reads only.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "runtime/cgroup.h"

namespace davit::runtime {

struct NetworkUsage {
  std::uint64_t received_bytes = 0, received_packets = 0, sent_bytes = 0, sent_packets = 0;
  bool operator==(const NetworkUsage&) const = default;
};

struct Usage {
  std::uint64_t cpu_ns = 0;  // of all of its processes since the container's start
  std::uint64_t system_cpu_ns =
      0;  // of the whole machine since its boot, all CPUs, idle ones too: docker compares both
  unsigned online_cpus = 1;
  std::uint64_t memory = 0;           // bytes; page cache that could go at once is not counted, as docker has it
  std::uint64_t memory_limit = 0;     // bytes; the machine's memory where no lower limit is set
  std::uint64_t processes = 0;        // tasks: threads are counted too
  std::uint64_t processes_limit = 0;  // 0: none
  std::uint64_t block_read = 0;       // bytes from and to disks
  std::uint64_t block_written = 0;
  std::map<std::string, NetworkUsage> networks;  // by interface of its network namespace, without lo
};

// Of the group ("/PARENT/ID") with all below it, and of the network namespace that the process `init` is in. What the
// kernel does not count (a controller that is missing) or no longer (the container has ended) is 0.
Usage read_usage(const Cgroups& cgroups, const std::string& group, int init);

// The parsers of the kernel's files. What does not have the form is passed over.

// A line "KEY NUMBER" (memory.stat, cpu.stat, memory.events, memory.oom_control); 0 when it is missing.
std::uint64_t value_of(std::string_view text, std::string_view key);
// A file of one number; `otherwise` for "max" and for what is none.
std::uint64_t number_of(std::string_view text, std::uint64_t otherwise = 0);
struct BlockBytes {
  std::uint64_t read = 0, written = 0;
  bool operator==(const BlockBytes&) const = default;
};
BlockBytes parse_blkio(std::string_view text);                             // v1: "8:0 Read 4096"
BlockBytes parse_io_stat(std::string_view text);                           // v2: "8:0 rbytes=4096 wbytes=0 rios=1 …"
std::map<std::string, NetworkUsage> parse_net_dev(std::string_view text);  // /proc/PID/net/dev, without lo
std::uint64_t parse_system_cpu_ns(std::string_view proc_stat, long ticks_a_second);  // docker's sum: user to steal time

}  // namespace davit::runtime
