#pragma once
// Certificates kept for one registry in a folder of its name: /etc/docker/certs.d/HOST[:PORT] and containers' folders
// of the same form (containers-certs.d(5)).

#include <filesystem>
#include <string>
#include <vector>

namespace davit::config {

struct HostCertificates {
  std::vector<std::filesystem::path> authorities;  // *.crt, by name
  std::filesystem::path certificate, key;          // NAME.cert and NAME.key: what we show; or empty
};

// ~/.config/containers/certs.d, /etc/containers/certs.d, /etc/docker/certs.d.
std::vector<std::filesystem::path> certificate_folders();

// Of these folders the first that has one for the host counts. Of several client certificates the first by name is
// used, and a warning says so. Throws Error(kInvalidArgument) with docker's words for a key without its certificate and
// a certificate without its key.
HostCertificates find_certificates(const std::vector<std::filesystem::path>& folders, const std::string& host);

}  // namespace davit::config
