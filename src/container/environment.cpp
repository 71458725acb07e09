#include "container/environment.h"

#include <algorithm>

namespace davit::container {

namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void set(std::vector<std::string>& lines, const std::string& line) {
  const auto key = line.substr(0, line.find('=') + 1);
  const auto other = std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return l.starts_with(key); });
  if (other != lines.end()) {
    *other = line;
  } else {
    lines.push_back(line);
  }
}

}  // namespace

std::vector<std::string> environment(const Description& description, const std::string& hostname,
                                     const std::string& home, bool terminal, const std::vector<std::string>& added) {
  std::vector<std::string> lines = {std::string("PATH=") + kPath, "HOSTNAME=" + hostname};
  if (terminal) lines.emplace_back("TERM=xterm");
  for (const auto* part : {&description.env, &added}) {
    for (const auto& line : *part) {
      if (line.find('=') != std::string::npos) {
        set(lines, line);
      } else {
        std::erase_if(lines, [&](const std::string& other) { return other.starts_with(line + "="); });
      }
    }
  }
  const bool has_home = std::any_of(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("HOME="); });
  if (!has_home && !home.empty()) lines.push_back("HOME=" + home);
  return lines;
}

}  // namespace davit::container
