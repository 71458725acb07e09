#include "container/signals.h"

#include <charconv>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

// A number of 1 to `most`, or 0.
int number_in(std::string_view text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 && number <= most ? number : 0;
}

int named(std::string_view name) {
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* short_name = ::sigabbrev_np(number);
    if (short_name != nullptr && base::to_lower(short_name) == name) return number;
  }
  // Real-time signals are counted from the kernel's bounds as container programs see them.
  if (name == "rtmin") return SIGRTMIN;
  if (name == "rtmax") return SIGRTMAX;
  const int span = SIGRTMAX - SIGRTMIN;
  if (name.starts_with("rtmin+")) {
    const int offset = number_in(name.substr(6), span);
    return offset == 0 ? 0 : SIGRTMIN + offset;
  }
  if (name.starts_with("rtmax-")) {
    const int offset = number_in(name.substr(6), span);
    return offset == 0 ? 0 : SIGRTMAX - offset;
  }
  return 0;
}

}  // namespace

int parse_signal(std::string_view text) {
  if (const int number = number_in(text, SIGRTMAX)) return number;
  auto name = base::to_lower(text);
  if (name.starts_with("sig")) name = name.substr(3);
  if (const int number = named(name)) return number;
  throw base::Error::format(base::Code::kInvalidArgument, "Invalid signal: {}", base::printable(text));
}

}  // namespace davit::container
