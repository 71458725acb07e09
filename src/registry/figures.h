#pragma once
// What /metrics tells: Prometheus' text format 0.0.4.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "http/request.h"
#include "http/response.h"

namespace davit::registry {

// Counters of requests by method and class of status, bytes sent, and a histogram of the time that answers took. Safe
// for use by several threads; counting takes no lock.
class Figures {
 public:
  void count(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent);
  std::string text() const;

  // "# HELP …", "# TYPE …" and one value.
  static std::string one(const char* name, const char* type, const char* help, std::uint64_t value);

 private:
  static constexpr std::array<const char*, 6> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  static constexpr std::size_t kOther = kMethods.size();
  static constexpr std::array<double, 12> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                     0.05,   0.1,   0.5,    1,     5,    30};  // seconds

  std::array<std::array<std::atomic<std::uint64_t>, 6>, kMethods.size() + 1> requests_{};  // by hundreds of the status
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> took_{};
  std::atomic<std::uint64_t> microseconds_{0}, bytes_{0};
};

}  // namespace davit::registry
