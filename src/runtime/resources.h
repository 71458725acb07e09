#pragma once
// What a container may take of the machine, as docker's flags have it: values that nobody checked against this host.
// Zero, or empty, where nothing was asked.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace davit::runtime {

// One device's share or limit: bytes or operations per second, or a weight.
struct DeviceRate {
  std::filesystem::path device;  // "/dev/sda"
  std::uint64_t rate = 0;
  bool operator==(const DeviceRate&) const = default;
};

struct Resources {
  std::int64_t memory = 0;                        // bytes
  std::int64_t memory_reservation = 0;            // bytes
  std::int64_t memory_swap = 0;                   // bytes, memory counted in; -1: as much as there is
  std::optional<std::int64_t> memory_swappiness;  // 0 to 100
  bool oom_kill_disable = false;
  std::int64_t nano_cpus = 0;  // 1e9: one CPU
  std::int64_t cpu_shares = 0;
  std::int64_t cpu_period = 0, cpu_quota = 0;          // microseconds
  std::int64_t cpu_rt_period = 0, cpu_rt_runtime = 0;  // microseconds
  std::string cpuset_cpus, cpuset_mems;                // "0-3,5"
  std::int64_t pids_limit = 0;                         // -1: none
  std::uint16_t blkio_weight = 0;                      // 10 to 1000
  std::vector<DeviceRate> blkio_weight_devices;
  std::vector<DeviceRate> read_bps, write_bps, read_iops, write_iops;
  bool operator==(const Resources&) const = default;
};

// --device HOST[:CONTAINER[:rwm]]
struct Device {
  std::filesystem::path host, container;
  std::string access = "rwm";
  bool operator==(const Device&) const = default;
};

}  // namespace davit::runtime
