#pragma once
// A container in the shape of Docker's Engine API (ContainerInspect, as dockerd 20.10 has it), for `inspect`.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "container/container_store.h"
#include "network/fabric.h"

namespace davit::docker {

struct ContainerView {
  container::Container container;
  std::string driver;   // of its layers
  std::string runtime;  // what runs it, or would
  bool cgroup_v2 = false;
  std::string host_name;                                 // where it shares the host's
  std::filesystem::path folder;                          // the container's own
  std::filesystem::path root;                            // where its root file system is mounted while it runs
  std::map<std::string, std::filesystem::path> volumes;  // where the content is of those that it mounts, by name
  std::vector<network::Place> places;                    // while it runs
  struct Sizes {
    std::uint64_t own = 0, all = 0;  // bytes: of what it wrote; with its image
  };
  std::optional<Sizes> sizes;
};

boost::json::object container_inspect(const ContainerView& view);

}  // namespace davit::docker
