#include "runtime/resources_json.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fs/file.h"

namespace davit::runtime {

namespace {

namespace json = boost::json;

constexpr std::int64_t kPeriod = 100'000;  // microseconds: what a share of a CPU is given in, as docker has it

template <typename Number>
void set(json::object& object, const char* key, Number value) {
  if (value != 0) object[key] = value;
}

json::object memory(const Resources& resources) {
  json::object object;
  set(object, "limit", resources.memory);
  set(object, "reservation", resources.memory_reservation);
  set(object, "swap", resources.memory_swap);
  if (resources.memory_swappiness) object["swappiness"] = *resources.memory_swappiness;
  if (resources.oom_kill_disable) object["disableOOMKiller"] = true;
  return object;
}

json::object cpu(const Resources& resources) {
  json::object object;
  set(object, "shares", resources.cpu_shares);
  if (resources.nano_cpus != 0) {
    object["period"] = kPeriod;
    object["quota"] = resources.nano_cpus * kPeriod / 1'000'000'000;
  } else {
    set(object, "period", resources.cpu_period);
    set(object, "quota", resources.cpu_quota);
  }
  set(object, "realtimePeriod", resources.cpu_rt_period);
  set(object, "realtimeRuntime", resources.cpu_rt_runtime);
  if (!resources.cpuset_cpus.empty()) object["cpus"] = resources.cpuset_cpus;
  if (!resources.cpuset_mems.empty()) object["mems"] = resources.cpuset_mems;
  return object;
}

json::object rate_of(const DeviceRate& rate, const char* key) {
  struct stat status {};
  if (::stat(rate.device.c_str(), &status) != 0) base::throw_errno(errno, "stat " + rate.device.string());
  return {{"major", major(status.st_rdev)}, {"minor", minor(status.st_rdev)}, {key, rate.rate}};
}

void set_rates(json::object& object, const char* key, const std::vector<DeviceRate>& rates,
               const char* value = "rate") {
  json::array array;
  for (const auto& rate : rates) array.push_back(rate_of(rate, value));
  if (!array.empty()) object[key] = std::move(array);
}

json::object block_io(const Resources& resources) {
  json::object object;
  set(object, "weight", resources.blkio_weight);
  set_rates(object, "weightDevice", resources.blkio_weight_devices, "weight");
  set_rates(object, "throttleReadBpsDevice", resources.read_bps);
  set_rates(object, "throttleWriteBpsDevice", resources.write_bps);
  set_rates(object, "throttleReadIOPSDevice", resources.read_iops);
  set_rates(object, "throttleWriteIOPSDevice", resources.write_iops);
  return object;
}

}  // namespace

json::object resources_object(const Resources& resources) {
  json::object object;
  const auto add = [&](const char* key, json::object part) {
    if (!part.empty()) object[key] = std::move(part);
  };
  add("memory", memory(resources));
  add("cpu", cpu(resources));
  if (resources.pids_limit > 0) object["pids"] = json::object{{"limit", resources.pids_limit}};
  add("blockIO", block_io(resources));
  return object;
}

}  // namespace davit::runtime
