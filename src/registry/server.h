#pragma once
// A registry that serves: store, gate and HTTP server together, and what runs beside them.

#include <memory>
#include <string>
#include <vector>

#include "registry/settings.h"

namespace davit::registry {

// For one thread.
class RegistryServer {
 public:
  // Opens the store and the listening sockets (those of systemd where it gave some): what cannot be served is thrown
  // here.
  explicit RegistryServer(Settings settings);
  ~RegistryServer();
  RegistryServer(const RegistryServer&) = delete;
  RegistryServer& operator=(const RegistryServer&) = delete;

  void start();
  std::vector<std::string> urls() const;  // "http://127.0.0.1:5000"
  // Reads passwords and certificates again.
  void reload();
  // Ends when what is under way has ended, or `settings.drain` is over.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::registry
