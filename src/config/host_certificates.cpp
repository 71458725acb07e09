#include "config/host_certificates.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"

namespace davit::config {

namespace fs = base::fs;
using base::Code;
using base::Error;

std::vector<std::filesystem::path> certificate_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    folders.push_back(std::filesystem::path(home) / ".config/containers/certs.d");
  folders.emplace_back("/etc/containers/certs.d");
  folders.emplace_back("/etc/docker/certs.d");
  return folders;
}

HostCertificates find_certificates(const std::vector<std::filesystem::path>& folders, const std::string& host) {
  const auto at = std::find_if(folders.begin(), folders.end(),
                               [&host](const auto& folder) { return fs::is_directory(folder / host); });
  if (at == folders.end()) return {};
  const std::filesystem::path folder = *at / host;
  const std::vector<std::string> names = fs::list(folder);
  const auto has = [&names](const std::string& name) { return std::binary_search(names.begin(), names.end(), name); };
  HostCertificates found;
  for (const std::string& name : names) {
    const std::filesystem::path path(name);
    const std::string stem = path.stem().string(), extension = path.extension().string();
    if (extension == ".crt") {
      found.authorities.push_back(folder / name);
    } else if (extension == ".cert") {
      if (!has(stem + ".key")) {
        throw Error::format(Code::kInvalidArgument,
                            "missing key {}.key for client certificate {}. Note that CA certificates should use the "
                            "extension .crt ({})",
                            stem, name, folder.string());
      }
      if (!found.certificate.empty()) {
        base::log::warn("{}: of several client certificates {} is used", folder.string(),
                        found.certificate.filename().string());
        continue;
      }
      found.certificate = folder / name;
      found.key = folder / (stem + ".key");
    } else if (extension == ".key" && !has(stem + ".cert")) {
      throw Error::format(Code::kInvalidArgument, "Missing client certificate {}.cert for key {} ({})", stem, name,
                          folder.string());
    }
  }
  return found;
}

}  // namespace davit::config
