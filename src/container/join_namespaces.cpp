#include "container/join_namespaces.h"

#include <string_view>

#include "base/error.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

constexpr std::string_view kContainer = "container:";

std::string not_running(const Container& container) { return "container " + container.id() + " is not running"; }

// Where the memory that it shares is mounted: its own, that of the one it joined, or the host's.
std::filesystem::path shm_of(ContainerStore& store, const Container& container) {
  const auto& mode = container.record.description.namespaces.ipc;
  if (mode == "host") return "/dev/shm";
  if (mode == "shareable") return store.shared_memory(container.id());
  if (const auto donor = joined_container(mode)) return shm_of(store, store.get(*donor));
  throw Error::format(Code::kConflict,
                      "can't join IPC of container {}: non-shareable IPC (hint: use IpcMode:shareable for the donor "
                      "container)",
                      container.id());
}

}  // namespace

std::optional<std::string> joined_container(const std::string& mode) {
  if (!mode.starts_with(kContainer)) return {};
  return mode.substr(kContainer.size());
}

JoinedNamespaces find_joined(ContainerStore& store, const Description& description) {
  JoinedNamespaces joined;
  if (const auto name = joined_container(description.namespaces.ipc)) {
    const auto donor = store.get(*name);
    if (!donor.running()) {
      throw Error::format(Code::kConflict, "can't join IPC of container {}: {}", donor.id(), not_running(donor));
    }
    joined.shared_shm = shm_of(store, donor);
    joined.ipc = donor.state.init->pid;
  }
  if (const auto name = joined_container(description.namespaces.pid)) {
    const auto donor = store.get(*name);
    if (!donor.running()) throw Error(Code::kConflict, not_running(donor));
    joined.pid = donor.state.init->pid;
  }
  if (const auto name = joined_container(description.network)) {
    const auto donor = store.get(*name);
    if (!donor.running()) {
      throw Error::format(Code::kConflict, "cannot join network of a non running container: {}", donor.id());
    }
    joined.network = donor.state.init->pid;
    joined.shared_etc = store.folder_of(donor.id());
  }
  return joined;
}

}  // namespace davit::container
