#include "operations/port_filter.h"

#include <charconv>
#include <cstdint>

#include "base/error.h"
#include "base/strings.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

struct PortText {
  std::string port, protocol;
};

PortText split_protocol(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return {text, "tcp"};
  return {text.substr(0, slash), base::to_lower(text.substr(slash + 1))};
}

unsigned parse_port(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size()) return port;
  const bool too_large = error == std::errc::result_out_of_range;
  throw Error::format(Code::kInvalidArgument, "strconv.ParseUint: parsing \"{}\": {}", base::printable(text),
                      too_large ? "value out of range" : "invalid syntax");
}

}  // namespace

PortRange parse_port_filter(std::string_view filter, const std::string& text) {
  if (text.find(':') != std::string::npos) {
    throw Error::format(Code::kInvalidArgument, "filter for '{}' should not contain ':': {}", filter,
                        base::printable(text));
  }
  const auto [port, protocol] = split_protocol(text);
  try {
    const std::size_t dash = port.find('-');
    const unsigned first = parse_port(port.substr(0, dash));
    const unsigned last = dash == std::string::npos ? first : parse_port(port.substr(dash + 1));
    if (last < first) throw Error(Code::kInvalidArgument, "Invalid range specified for the Port: " + port);
    return {first, last, protocol};
  } catch (const Error& error) {
    throw Error::format(error.code(), "error while looking up for {} {}: {}", filter, base::printable(text),
                        error.message());
  }
}

bool PortRange::has(const std::string& text) const {
  const PortRange other = parse_port_filter("expose", text);
  return other.protocol == protocol && first <= other.last && other.first <= last;
}

}  // namespace davit::operations
