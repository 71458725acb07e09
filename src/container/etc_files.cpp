#include "container/etc_files.h"

#include "base/strings.h"

namespace davit::container {

namespace {

constexpr std::string_view kHosts =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n";

bool is_loopback_name_server(std::string_view line) {
  const auto words = base::split(line, ' ');
  if (words.size() < 2 || words[0] != "nameserver") return false;
  const auto address = base::trim(words[1]);
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

std::string hosts_file(runtime::NetworkMode network, std::string_view host_file) {
  if (network == runtime::NetworkMode::kHost && !host_file.empty()) return std::string(host_file);
  return std::string(kHosts);
}

std::string resolv_conf(runtime::NetworkMode network, std::string_view host_file) {
  if (network == runtime::NetworkMode::kHost) return std::string(host_file);
  std::string kept;
  for (const auto& line : base::split(host_file, '\n')) {
    auto normal = line;
    for (auto& c : normal) {
      if (c == '\t') c = ' ';
    }
    if (!is_loopback_name_server(base::trim(normal)) && !line.empty()) kept += line + "\n";
  }
  return kept;
}

}  // namespace davit::container
