#pragma once
// docker's credential helpers: a program docker-credential-NAME that keeps secrets elsewhere than in config.json. It
// gets get, store, erase or list as its argument and its input on standard input; answers are JSON
// (github.com/docker/docker-credential-helpers).

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "auth/credentials.h"

namespace davit::auth {

// Each call runs the program once. HelperError (docker's words, and which helper it is) when it is missing, fails,
// answers with something else than its protocol's JSON, with too much, or not in time; Error(kCancelled) at Ctrl-C.
// What a failing helper says is in the message and the log, but never the secret.
class CredentialHelper {
 public:
  struct Options {
    // A helper may ask its user to unlock something.
    std::chrono::milliseconds timeout = std::chrono::minutes(2);
  };
  explicit CredentialHelper(const std::string& name);
  CredentialHelper(const std::string& name, Options options);

  // Nothing when it has none. `server` is server_key()'s.
  std::optional<Credentials> get(const std::string& server) const;
  void store(const std::string& server, const Credentials& credentials) const;
  void erase(const std::string& server) const;             // fine when it has none
  std::map<std::string, std::string> list() const;         // server -> user name
  const std::string& program() const { return program_; }  // "docker-credential-pass"

 private:
  struct Answer;
  Answer call(const char* action, const std::string& input, const char* doing, const std::string& secret = {}) const;

  std::string program_;
  Options options_;
};

}  // namespace davit::auth
