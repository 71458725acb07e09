// start_scope() by libsystemd's sd-bus. The library is opened where it is needed: linked to, it would make each start
// of davit slower, on machines without systemd too.

#include <chrono>
#include <cstring>
#include <map>
#include <string>

#include <systemd/sd-bus.h>

#include "base/dynamic_library.h"
#include "base/error.h"
#include "runtime/cgroup_manager.h"

namespace davit::runtime {

namespace {

using base::Code;
using base::Error;
using Clock = std::chrono::steady_clock;

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kObject = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr auto kTimeout = std::chrono::seconds(10);

#define DAVIT_SD(name) library_.find(#name, &::name)

class Bus {
 public:
  Bus() {
    check(DAVIT_SD(sd_bus_open_system)(&bus_), "open the system's bus");
    // Asked for before the call: the job may be done before its answer is here.
    check(
        DAVIT_SD(sd_bus_match_signal)(bus_, nullptr, kService, kObject, kManager, "JobRemoved", &Bus::on_removed, this),
        "watch jobs");
  }
  ~Bus() {
    if (bus_ != nullptr) DAVIT_SD(sd_bus_flush_close_unref)(bus_);
  }
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // Returns the job that was begun.
  std::string start_transient_unit(const Scope& scope) {
    sd_bus_message* call = nullptr;
    check(DAVIT_SD(sd_bus_message_new_method_call)(bus_, &call, kService, kObject, kManager, "StartTransientUnit"),
          "call systemd");
    const auto append = DAVIT_SD(sd_bus_message_append);
    check(append(call, "ss", scope.name.c_str(), "replace"), "name the scope");
    check(DAVIT_SD(sd_bus_message_open_container)(call, SD_BUS_TYPE_ARRAY, "(sv)"), "list properties");
    check(append(call, "(sv)", "Description", "s", "davit's monitor of a container"), "describe the scope");
    check(append(call, "(sv)", "Slice", "s", scope.slice.c_str()), "name the slice");
    check(append(call, "(sv)", "PIDs", "au", 1, static_cast<std::uint32_t>(scope.pid)), "name the process");
    check(append(call, "(sv)", "CollectMode", "s", "inactive-or-failed"), "have it collected");
    check(append(call, "(sv)", "DefaultDependencies", "b", 0), "drop dependencies");
    check(DAVIT_SD(sd_bus_message_close_container)(call), "list properties");
    check(append(call, "a(sa(sv))", 0), "list other units");
    sd_bus_error error = {nullptr, nullptr, 0};
    sd_bus_message* answer = nullptr;
    const int result = DAVIT_SD(sd_bus_call)(bus_, call, 0, &error, &answer);
    DAVIT_SD(sd_bus_message_unref)(call);
    if (result < 0) {
      const std::string why = error.message != nullptr ? error.message : ::strerror(-result);
      DAVIT_SD(sd_bus_error_free)(&error);
      throw Error::format(Code::kUnavailable, "systemd did not start {}: {}", scope.name, why);
    }
    const char* job = "";
    DAVIT_SD(sd_bus_message_read)(answer, "o", &job);
    std::string path = job;
    DAVIT_SD(sd_bus_message_unref)(answer);
    return path;
  }

  // "done", "failed", …; empty when it took too long.
  std::string await_job(const std::string& job) {
    const auto until = Clock::now() + kTimeout;
    while (!results_.contains(job)) {
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(until - Clock::now());
      if (left.count() <= 0) return "";
      const int result = DAVIT_SD(sd_bus_process)(bus_, nullptr);
      check(result, "read systemd's answer");
      if (result == 0) DAVIT_SD(sd_bus_wait)(bus_, static_cast<std::uint64_t>(left.count()));
    }
    return results_[job];
  }

 private:
  static int on_removed(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& bus = *static_cast<Bus*>(self);
    const auto& library_ = bus.library_;
    std::uint32_t id = 0;
    const char *job = nullptr, *unit = nullptr, *result = nullptr;
    if (DAVIT_SD(sd_bus_message_read)(message, "uoss", &id, &job, &unit, &result) >= 0) bus.results_[job] = result;
    return 0;
  }

  static void check(int result, const char* what) {
    if (result < 0) throw Error::format(Code::kUnavailable, "systemd: {}: {}", what, ::strerror(-result));
  }

  base::DynamicLibrary library_ = base::DynamicLibrary("libsystemd.so.0", "libsystemd0");
  sd_bus* bus_ = nullptr;
  std::map<std::string, std::string> results_;  // of jobs, by path
};

}  // namespace

void start_scope(const Scope& scope) {
  Bus bus;
  const auto result = bus.await_job(bus.start_transient_unit(scope));
  if (result == "done") return;
  throw Error::format(Code::kUnavailable, "systemd did not start {}: {}", scope.name,
                      result.empty() ? "it took too long" : result);
}

}  // namespace davit::runtime
