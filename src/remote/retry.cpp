#include "remote/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>

#include <poll.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::remote {

using std::chrono::milliseconds;

namespace {

constexpr long kMaxSeconds = 1'000'000'000;

// Half to all of the delay, so that clients that failed together do not come back together.
milliseconds jittered(milliseconds delay) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(delay.count() / 2, delay.count())(random));
}

void sleep(milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    base::check_interrupted();
    const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    const auto fds = base::interrupt_fds();
    pollfd interrupts[] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};  // one of -1 is passed over
    ::poll(interrupts, 2, static_cast<int>(std::min<milliseconds::rep>(left.count(), 60'000)));
  }
}

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that servers may send today.
std::optional<base::Time> parse_http_date(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  char zone[4] = {};
  char month[4] = {};
  if (std::sscanf(copy.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d %3s", &parts.tm_mday, month, &parts.tm_year,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, zone) != 7) {
    return std::nullopt;
  }
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto at = kMonths.find(month);
  if (at == std::string_view::npos || at % 3 != 0 || std::string_view(month).size() != 3) return std::nullopt;
  if (std::string_view(zone) != "GMT" || parts.tm_year < 1970) return std::nullopt;
  parts.tm_mon = static_cast<int>(at / 3);
  parts.tm_year -= 1900;
  return base::Time(std::chrono::seconds(::timegm(&parts)));
}

}  // namespace

bool may_pass(int status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

std::optional<milliseconds> parse_retry_after(std::string_view value, base::Time now) {
  value = base::trim(value);
  if (!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos) {
    long seconds = kMaxSeconds;
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    return std::chrono::seconds(std::min(seconds, kMaxSeconds));
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*date - now));
}

bool Retrier::wait(std::optional<milliseconds> wanted_by_server) {
  if (++failures_ >= options_.tries) return false;
  if (wanted_by_server && *wanted_by_server > options_.max_backoff) return false;
  const auto doubled = options_.backoff * (1LL << std::min(failures_ - 1, 20));
  const auto delay = std::max(jittered(std::min<milliseconds>(doubled, options_.max_backoff)),
                              wanted_by_server.value_or(milliseconds(0)));
  base::log::debug("trying again in {} ms", delay.count());
  sleep(delay);
  return true;
}

bool Retrier::wait(const http::ResponseHead& answer) {
  const auto value = answer.headers.get("Retry-After");
  return wait(value ? parse_retry_after(*value, base::now()) : std::nullopt);
}

}  // namespace davit::remote
