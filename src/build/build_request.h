#pragma once
// What a build is asked for.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "build/layer_maker.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "runtime/spec.h"

namespace davit::build {

using Texts = std::map<std::string, std::string>;

// What RUN --mount=type=secret may have: a file of the host's, or the value of a variable of davit's environment.
struct Secret {
  std::filesystem::path file;
  std::string variable;
};

struct BuildRequest {
  std::optional<std::filesystem::path> context;  // a folder; nothing: the Dockerfile is all there is
  std::string ignore;                            // the text of its .dockerignore
  std::string dockerfile_name, dockerfile;       // as messages call it; its text

  std::vector<oci::Reference> tags;
  std::string target;  // a stage's name or number; empty: the last
  Texts args;          // --build-arg
  Texts labels;
  std::map<std::string, std::filesystem::path> contexts;  // --build-context: folders by name
  std::map<std::string, Secret> secrets;                  // by ID
  std::map<std::string, std::filesystem::path> agents;    // --ssh: sockets by ID
  std::optional<oci::Platform> platform;

  bool pull = false;  // images are asked for anew
  bool use_cache = true;
  std::set<std::string> uncached_stages;  // --no-cache-filter, in lower case
  bool allow_host_network = false, allow_insecure = false;

  std::string network;  // of RUN where it says nothing: "default", "none", "host"; empty: "default"
  std::vector<std::string> extra_hosts;
  std::uint64_t shm_size = 0;  // 0: the default of containers
  std::vector<runtime::ResourceLimit> limits;
  LayerOptions layers;
};

}  // namespace davit::build
