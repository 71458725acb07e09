#pragma once
// Other containers whose namespaces a container joins: --ipc, --pid and --network container:ID.

#include <filesystem>
#include <optional>
#include <string>

#include "container/container_store.h"

namespace davit::container {

struct JoinedNamespaces {
  int ipc = 0, pid = 0, network = 0;  // PIDs of the inits whose namespaces are joined; 0: none
  std::filesystem::path shared_shm;   // with `ipc`: what is mounted at /dev/shm
  std::filesystem::path shared_etc;   // with `network`: where the files are that are mounted over those in /etc
};

// Throws Error in docker's words where one of them is not there (kNotFound), does not run, or does not share its IPC
// (kConflict).
JoinedNamespaces find_joined(ContainerStore& store, const Description& description);

// Its part of "container:NAME"; nothing for other modes.
std::optional<std::string> joined_container(const std::string& mode);

}  // namespace davit::container
