#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

// "80" means tcp. Docker's client looks at the number first.
std::pair<int, std::string> port_of(const std::string& text) {
  const auto slash = text.find('/');
  const auto number = text.substr(0, slash);
  int port = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
  if (number.empty() || error != std::errc() || end != number.data() + number.size() || port < 0 || port > 65535) {
    throw ClientError(fmt::format("Error: invalid port ({0}): strconv.ParseUint: parsing \"{0}\": invalid syntax",
                                  base::printable(number)));
  }
  return {port, slash == std::string::npos ? "tcp" : text.substr(slash + 1)};
}

}  // namespace

int run_port(Context& context, const Arguments& arguments) {
  const auto& words = arguments.positional();
  const auto container = context.containers().get(words[0]);
  std::vector<std::string> lines;
  for (const auto& endpoint : context.networks().endpoints()) {
    if (endpoint.container != container.id()) continue;
    for (const auto& binding : endpoint.ports) {
      const auto host = binding.host.with_port(binding.host_port);
      if (words.size() == 1) {
        lines.push_back(fmt::format("{}/{} -> {}", binding.container_port, network::name(binding.protocol), host));
        continue;
      }
      const auto [port, protocol] = port_of(words[1]);
      if (binding.container_port == port && protocol == network::name(binding.protocol)) lines.push_back(host);
    }
  }
  if (words.size() > 1 && lines.empty()) {
    port_of(words[1]);
    throw ClientError(fmt::format("Error: No public port '{}' published for {}", base::printable(words[1]), words[0]));
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& line : lines) print_line(line);
  return 0;
}

}  // namespace davit::cli
