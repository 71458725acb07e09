#include "runtime/check_resources.h"

#include <charconv>
#include <set>

#include "base/error.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

using base::Code;
using base::Error;

constexpr std::int64_t kLeastMemory = 6 * 1024 * 1024;
constexpr std::int64_t kLeastNanoCpus = 10'000'000;              // a quota of 1 ms, the kernel's least
constexpr std::int64_t kLeastShares = 2, kMostShares = 262'144;  // cgroups(7), cpu.shares
constexpr std::int64_t kMostNumber = 8192;                       // of a CPU or a memory node, as docker parses them

[[noreturn]] void refuse(const std::string& message) { throw Error(Code::kInvalidArgument, message); }

// Drops what the kernel cannot do, and says so.
class Dropper {
 public:
  explicit Dropper(std::vector<std::string>& warnings) : warnings_(warnings) {}
  template <typename Value>
  void operator()(Value& value, bool possible, const char* sentence) {
    if (possible || value == Value()) return;
    value = Value();
    warnings_.emplace_back(sentence);
  }

 private:
  std::vector<std::string>& warnings_;
};

void check_memory(Resources& wanted, const HostResources& host, ResourceUse use, std::vector<std::string>& warnings) {
  Dropper drop(warnings);
  if (wanted.memory != 0 && wanted.memory < kLeastMemory) refuse("Minimum memory limit allowed is 6MB");
  if (wanted.memory > 0 && !host.memory) {
    drop(wanted.memory, false,
         "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.");
    wanted.memory_swap = -1;
  }
  if (wanted.memory > 0 && wanted.memory_swap != -1 && !host.swap) {
    warnings.emplace_back(
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without "
        "swap.");
    wanted.memory_swap = -1;
  }
  if (wanted.memory > 0 && wanted.memory_swap > 0 && wanted.memory_swap < wanted.memory)
    refuse("Minimum memoryswap limit should be larger than memory limit, see usage");
  if (wanted.memory == 0 && wanted.memory_swap > 0 && use == ResourceUse::kCreate)
    refuse("You should always set the Memory limit when using Memoryswap limit, see usage");
  if (wanted.memory_swappiness && !host.swappiness) {
    wanted.memory_swappiness.reset();
    warnings.emplace_back(
        "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness "
        "discarded.");
  }
  if (wanted.memory_swappiness && (*wanted.memory_swappiness < 0 || *wanted.memory_swappiness > 100))
    refuse(fmt::format("Invalid value: {}, valid memory swappiness range is 0-100", *wanted.memory_swappiness));
  drop(wanted.memory_reservation, host.reservation,
       "Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation "
       "discarded.");
  if (wanted.memory_reservation > 0 && wanted.memory_reservation < kLeastMemory)
    refuse("Minimum memory reservation allowed is 6MB");
  if (wanted.memory > 0 && wanted.memory_reservation > 0 && wanted.memory < wanted.memory_reservation)
    refuse("Minimum memory limit can not be less than memory reservation limit, see usage");
  drop(wanted.oom_kill_disable, host.oom_kill_disable,
       "Your kernel does not support OomKillDisable. OomKillDisable discarded.");
  if (wanted.oom_kill_disable && wanted.memory == 0) {
    warnings.emplace_back(
        "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running "
        "out of resources.");
  }
}

void check_cpu(Resources& wanted, const HostResources& host, std::vector<std::string>& warnings) {
  Dropper drop(warnings);
  if (wanted.nano_cpus > 0 && wanted.cpu_period > 0)
    refuse("Conflicting options: Nano CPUs and CPU Period cannot both be set");
  if (wanted.nano_cpus > 0 && wanted.cpu_quota > 0)
    refuse("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  if (wanted.nano_cpus > 0 && !host.cpu_quota) {
    refuse("NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted");
  }
  if (wanted.nano_cpus < 0 || (wanted.nano_cpus > 0 && wanted.nano_cpus < kLeastNanoCpus) ||
      wanted.nano_cpus > std::int64_t{host.cpus} * 1'000'000'000) {
    refuse(fmt::format("Range of CPUs is from 0.01 to {0}.00, as there are only {0} CPUs available", host.cpus));
  }
  drop(wanted.cpu_shares, host.cpu_shares,
       "Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.");
  if (wanted.cpu_shares != 0 && (wanted.cpu_shares < kLeastShares || wanted.cpu_shares > kMostShares)) {
    refuse(fmt::format("Invalid value {}: CPU shares are from {} to {}, or 0 for the default", wanted.cpu_shares,
                       kLeastShares, kMostShares));
  }
  if ((wanted.cpu_period != 0 || wanted.cpu_quota != 0) && !host.cpu_quota) {
    wanted.cpu_period = wanted.cpu_quota = 0;
    warnings.emplace_back("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.");
  }
  if (wanted.cpu_period != 0 && (wanted.cpu_period < 1000 || wanted.cpu_period > 1'000'000))
    refuse("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  if (wanted.cpu_quota > 0 && wanted.cpu_quota < 1000) refuse("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  if (wanted.cpu_rt_period != 0 || wanted.cpu_rt_runtime != 0) {
    if (!host.cpu_realtime) refuse("Your kernel does not support CPU real-time scheduler");
    if (wanted.cpu_rt_period != 0 && wanted.cpu_rt_runtime > wanted.cpu_rt_period)
      refuse("cpu real-time runtime cannot be higher than cpu real-time period");
  }
}

// The numbers of a kernel list, "0-2,7"; nothing where it is none.
std::optional<std::set<std::int64_t>> numbers_of(std::string_view text) {
  std::set<std::int64_t> numbers;
  if (text.empty()) return numbers;
  for (const auto& part : base::split(text, ',')) {
    const auto dash = part.find('-');
    std::int64_t first = 0, last = 0;
    const auto read = [](std::string_view digits, std::int64_t& value) {
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return error == std::errc() && end == digits.data() + digits.size() && value >= 0 && value <= kMostNumber;
    };
    if (!read(std::string_view(part).substr(0, dash), first)) return {};
    last = first;
    if (dash != std::string::npos && !read(std::string_view(part).substr(dash + 1), last)) return {};
    if (last < first) return {};
    for (auto number = first; number <= last; ++number) numbers.insert(number);
  }
  return numbers;
}

void check_list(const std::string& wanted, const std::string& available, const char* flag, const char* what) {
  const auto numbers = numbers_of(wanted);
  if (!numbers) refuse(fmt::format("Invalid value {0} for cpuset {1}: invalid format: {0}", wanted, flag));
  const auto there = numbers_of(available);
  if (available.empty() || !there) return;
  for (const auto number : *numbers) {
    if (there->contains(number)) continue;
    refuse(fmt::format("Requested {} are not available - requested {}, available: {}", what, wanted, available));
  }
}

void check_cpuset(Resources& wanted, const HostResources& host, std::vector<std::string>& warnings) {
  if ((!wanted.cpuset_cpus.empty() || !wanted.cpuset_mems.empty()) && !host.cpuset) {
    wanted.cpuset_cpus.clear();
    wanted.cpuset_mems.clear();
    warnings.emplace_back("Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.");
  }
  check_list(wanted.cpuset_cpus, host.cpuset_cpus, "cpus", "CPUs");
  check_list(wanted.cpuset_mems, host.cpuset_mems, "mems", "memory nodes");
}

void check_block_io(Resources& wanted, const HostResources& host, std::vector<std::string>& warnings) {
  Dropper drop(warnings);
  drop(wanted.blkio_weight, host.blkio_weight,
       "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.");
  if (wanted.blkio_weight > 0 && (wanted.blkio_weight < 10 || wanted.blkio_weight > 1000))
    refuse("Range of blkio weight is from 10 to 1000");
  drop(wanted.blkio_weight_devices, host.blkio_weight_device,
       "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.");
  drop(wanted.read_bps, host.read_bps,
       "Your kernel does not support BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit "
       "discarded.");
  drop(wanted.write_bps, host.write_bps,
       "Your kernel does not support BPS Block I/O write limit or the cgroup is not mounted. Block I/O BPS write limit "
       "discarded.");
  drop(wanted.read_iops, host.read_iops,
       "Your kernel does not support IOPS Block read limit or the cgroup is not mounted. Block I/O IOPS read limit "
       "discarded.");
  drop(wanted.write_iops, host.write_iops,
       "Your kernel does not support IOPS Block write limit or the cgroup is not mounted. Block I/O IOPS write limit "
       "discarded.");
}

}  // namespace

CheckedResources check_resources(const Resources& wanted, const HostResources& host, ResourceUse use) {
  CheckedResources checked{wanted, {}};
  auto& resources = checked.resources;
  check_memory(resources, host, use, checked.warnings);
  Dropper drop(checked.warnings);
  if (resources.pids_limit > 0) {
    drop(resources.pids_limit, host.pids,
         "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.");
  }
  check_cpu(resources, host, checked.warnings);
  check_cpuset(resources, host, checked.warnings);
  check_block_io(resources, host, checked.warnings);
  if (use == ResourceUse::kCreate && resources.memory > 0 && resources.memory_swap == 0) {
    resources.memory_swap = resources.memory * 2;
  }
  return checked;
}

CheckedResources check_resources(const Resources& wanted, ResourceUse use) {
  if (wanted == Resources()) return {};
  return check_resources(wanted, HostResources::probe(Cgroups()), use);
}

Resources merge_resources(const Resources& current, const Resources& change) {
  const auto conflict = [](const char* message) { throw Error(Code::kConflict, message); };
  if (current.nano_cpus > 0 && change.cpu_period > 0)
    conflict("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set");
  if (current.nano_cpus > 0 && change.cpu_quota > 0)
    conflict("Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set");
  if (current.cpu_quota > 0 && change.nano_cpus > 0)
    conflict("Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set");
  if (current.cpu_period > 0 && change.nano_cpus > 0)
    conflict("Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set");
  if (change.memory != 0 && change.memory > current.memory_swap && change.memory_swap == 0) {
    conflict(
        "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
  }
  auto merged = current;
  const auto take = [](auto& into, const auto& from) {
    if (from != std::decay_t<decltype(from)>()) into = from;
  };
  take(merged.memory, change.memory);
  take(merged.memory_reservation, change.memory_reservation);
  take(merged.memory_swap, change.memory_swap);
  take(merged.memory_swappiness, change.memory_swappiness);
  take(merged.nano_cpus, change.nano_cpus);
  take(merged.cpu_shares, change.cpu_shares);
  take(merged.cpu_period, change.cpu_period);
  take(merged.cpu_quota, change.cpu_quota);
  take(merged.cpu_rt_period, change.cpu_rt_period);
  take(merged.cpu_rt_runtime, change.cpu_rt_runtime);
  take(merged.cpuset_cpus, change.cpuset_cpus);
  take(merged.cpuset_mems, change.cpuset_mems);
  take(merged.pids_limit, change.pids_limit);
  take(merged.blkio_weight, change.blkio_weight);
  return merged;
}

}  // namespace davit::runtime
