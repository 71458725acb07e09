#include "registry/figures.h"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

namespace davit::registry {

void Figures::count(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const auto* method = std::find(kMethods.begin(), kMethods.end(), request.method);
  const auto row = static_cast<std::size_t>(method - kMethods.begin());
  requests_[row][static_cast<std::size_t>(std::clamp(response.status() / 100, 0, 5))].fetch_add(1, kRelaxed);
  const auto took = std::chrono::steady_clock::now() - request.began;
  const auto* bound = std::lower_bound(kBounds.begin(), kBounds.end(), std::chrono::duration<double>(took).count());
  took_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1, kRelaxed);
  microseconds_.fetch_add(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()), kRelaxed);
  bytes_.fetch_add(sent, kRelaxed);
}

std::string Figures::one(const char* name, const char* type, const char* help, std::uint64_t value) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help, value);
}

std::string Figures::text() const {
  std::string all =
      "# HELP davit_registry_requests_total Requests that were answered.\n"
      "# TYPE davit_registry_requests_total counter\n";
  for (std::size_t row = 0; row <= kOther; ++row) {
    for (std::size_t hundred = 1; hundred < requests_[row].size(); ++hundred) {
      if (const auto count = requests_[row][hundred].load(); count > 0) {
        all += fmt::format("davit_registry_requests_total{{method=\"{}\",status=\"{}xx\"}} {}\n",
                           row == kOther ? "other" : kMethods[row], hundred, count);
      }
    }
  }
  all += one("davit_registry_sent_bytes_total", "counter", "Bytes of answers' bodies that were sent.", bytes_);
  all +=
      "# HELP davit_registry_request_seconds From a request's header to the end of its answer.\n"
      "# TYPE davit_registry_request_seconds histogram\n";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= kBounds.size(); ++i) {
    below += took_[i];
    const std::string bound = i == kBounds.size() ? "+Inf" : fmt::format("{}", kBounds[i]);
    all += fmt::format("davit_registry_request_seconds_bucket{{le=\"{}\"}} {}\n", bound, below);
  }
  all += fmt::format("davit_registry_request_seconds_sum {}\ndavit_registry_request_seconds_count {}\n",
                     static_cast<double>(microseconds_) / 1e6, below);
  return all;
}

}  // namespace davit::registry
