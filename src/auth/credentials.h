#pragma once
// Registry credentials in docker's config.json ($DOCKER_CONFIG/config.json, else ~/.docker/config.json). Other keys of
// that file keep their values and order. Where the file names a credential helper for a registry, secrets are kept by
// it. docs/formats/docker-config.md says which keys are read and written.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"

namespace davit::auth {

struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token = {};  // docker's "identitytoken": an OAuth2 refresh token
  std::string registry_token = {};  // docker's "registrytoken": sent as it is where a registry wants a bearer token

  bool operator==(const Credentials&) const = default;
};

// A credential helper is missing, fails or does not keep to its protocol. The message names it.
class HelperError final : public base::Error {
 public:
  using Error::Error;
};

// The key under which docker keeps a registry: its host[:port]; "https://index.docker.io/v1/" for docker.io.
std::string server_key(const std::string& registry_host);

// Keeps nothing between calls: each reads the file anew. const members are safe for use by several threads; of two
// processes that save at once one may undo the other's change, as with docker, but the file is always whole.
class CredentialStore {
 public:
  // Reads nothing yet. An empty path: the default place.
  explicit CredentialStore(std::filesystem::path config_file = {});
  // Nothing when there are none. A key with a scheme and a path ("https://host/v1/") means its host. Throws
  // Error(kInvalidArgument) naming the file when it is not JSON or not of docker's shape, HelperError where a helper
  // fails. May run a program.
  std::optional<Credentials> find(const std::string& registry_host) const;
  // 0600, replaced as one step; a symbolic link is kept and its target replaced. The folder is made if it is missing.
  // With a helper the secret goes to it alone, and the file gets an empty entry.
  void save(const std::string& registry_host, const Credentials& credentials);
  bool erase(const std::string& registry_host);  // every key that means the host; whether the file had any
  // The program that keeps the host's secrets ("docker-credential-pass"), or nothing: the file does.
  std::optional<std::string> helper_program(const std::string& registry_host) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace davit::auth
