#pragma once
// Who uses which volume, as the containers' descriptions tell; what a container's creation makes of its mounts, and
// what its removal takes of them.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "container/container_store.h"
#include "container/volume_store.h"

namespace davit::container {

// Volumes without a name get one, and are anonymous.
void name_volumes(Description& description);

// The volumes of its mounts, made where they are missing. The caller holds the volumes' lock, shared.
void make_volumes(const VolumeStore& volumes, const Description& description);

// IDs of the containers that use each volume, newest first. Throws where a container cannot be read: it may use any.
std::map<std::string, std::vector<std::string>> volume_users(ContainerStore& containers);

// Gives the mount of a volume by name that a running container has of it, as MountPlaces::share wants it: a file system
// in memory lasts from its first user to its last.
std::function<std::optional<base::fs::FileDescriptor>(const std::string& volume)> volume_sharing(
    ContainerStore& containers);

// Removes it unless a container uses it: Error(kConflict) with docker's words. Error(kNotFound) when it is missing.
// Returns the bytes of disk given back.
std::uint64_t remove_volume(ContainerStore& containers, const std::string& name);

// The anonymous ones among a removed container's volumes that no other container uses. Returns the bytes given back.
std::uint64_t remove_anonymous_volumes(ContainerStore& containers, const Description& description);

}  // namespace davit::container
