#include "container/init_program.h"

#include <array>

#include <unistd.h>

namespace davit::container {

namespace {

constexpr std::array kPrograms = {"/usr/bin/tini-static", "/usr/bin/docker-init", "/usr/libexec/docker/docker-init",
                                  "/usr/libexec/podman/catatonit", "/usr/bin/catatonit"};

}  // namespace

std::optional<std::filesystem::path> find_init() {
  for (const char* program : kPrograms) {
    if (::access(program, X_OK) == 0) return program;
  }
  return {};
}

bool runs_init(const Description& description) {
  const auto& mode = description.namespaces.pid;
  return description.init && (mode.empty() || mode == "private");
}

}  // namespace davit::container
