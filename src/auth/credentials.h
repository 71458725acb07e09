#pragma once
// Registry credentials in docker's config.json ($DOCKER_CONFIG/config.json, else ~/.docker/config.json). Other keys of
// that file are kept as they are. Credential helpers come later. docs/formats: the file is docker's.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace davit::auth {

struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token;  // docker's "identitytoken": an OAuth2 refresh token
};

// The key under which docker keeps a registry: its host[:port]; "https://index.docker.io/v1/" for docker.io.
std::string server_key(const std::string& registry_host);

class CredentialStore {
 public:
  // Reads nothing yet. An empty path: the default place.
  explicit CredentialStore(std::filesystem::path config_file = {});
  // Nothing when there are none. Throws Error(kInvalidArgument) naming the file when it is not JSON.
  std::optional<Credentials> find(const std::string& registry_host) const;
  void save(const std::string& registry_host, const Credentials& credentials);  // 0600, replaced as one step
  bool erase(const std::string& registry_host);                                 // whether there were any
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace davit::auth
