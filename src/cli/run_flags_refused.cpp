// Flags of docker's that davit has not, each with its reason.

#include "cli/run_flag_rows.h"

namespace davit::cli {

using enum ValueKind;

namespace {

constexpr std::string_view kHealth = "health checks come in a later version";
constexpr std::string_view kWindows = "it is of Windows alone";

constexpr Flag text(std::string_view name, std::string_view help, std::string_view value_name = "",
                    std::string_view default_text = "") {
  return {
      .name = name, .kind = ValueKind::kString, .help = help, .default_text = default_text, .value_name = value_name};
}
constexpr Flag list(std::string_view name, std::string_view help, char letter = 0) {
  return {.name = name, .letter = letter, .kind = ValueKind::kList, .help = help};
}

}  // namespace

std::vector<RunFlag> refused_flags() {
  return {
      {.flag = {.name = "cpu-count", .kind = kInt, .help = "CPU count (Windows only)"}, .refused = kWindows},
      {.flag = {.name = "cpu-percent", .kind = kInt, .help = "CPU percent (Windows only)"}, .refused = kWindows},
      {.flag = text("gpus", "GPU devices to add to the container ('all' to pass all GPUs)", "gpu-request"),
       .refused = "davit knows no vendor's tools for GPUs; --device gives a container a device"},
      {.flag = text("health-cmd", "Command to run to check health"), .refused = kHealth},
      {.flag = text("health-interval", "Time between running the check (ms|s|m|h)", "duration", "0s"),
       .refused = kHealth},
      {.flag = {.name = "health-retries", .kind = kInt, .help = "Consecutive failures needed to report unhealthy"},
       .refused = kHealth},
      {.flag = text("health-start-interval", "Time between running the check during the start period (ms|s|m|h)",
                    "duration", "0s"),
       .refused = kHealth},
      {.flag = text("health-start-period",
                    "Start period for the container to initialize before starting health-retries countdown "
                    "(ms|s|m|h)",
                    "duration", "0s"),
       .refused = kHealth},
      {.flag = text("health-timeout", "Maximum time to allow one check to run (ms|s|m|h)", "duration", "0s"),
       .refused = kHealth},
      {.flag = text("io-maxbandwidth", "Maximum IO bandwidth limit for the system drive (Windows only)", "bytes"),
       .refused = kWindows},
      {.flag = text("io-maxiops", "Maximum IOps limit for the system drive (Windows only)", "uint"),
       .refused = kWindows},
      {.flag = text("kernel-memory", "Kernel memory limit", "bytes"),
       .refused = "kernels have no limit of their own for it any more; --memory counts it in"},
      {.flag = list("link-local-ip", "Container IPv4/IPv6 link-local addresses"),
       .refused = "a bridge gives each container one address of each family: --ip, --ip6"},
      {.flag = {.name = "no-healthcheck", .help = "Disable any container-specified HEALTHCHECK"}, .refused = kHealth},
      {.flag = list("storage-opt", "Storage driver options for the container"),
       .refused = "neither layer driver has options for one container"},
      {.flag = {.name = "use-api-socket", .help = "Bind mount Docker API socket and required auth"},
       .refused = "there is no daemon whose socket it could be"},
  };
}

}  // namespace davit::cli
