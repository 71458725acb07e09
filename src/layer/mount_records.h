#pragma once
// The files that tell of a store's layer mounts: docs/formats/run-mounts.md. They are run state: never synced, and void
// after a reboot.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/mount_namespace.h"
#include "oci/digest.h"

namespace davit::layer {

// Where the place is mounted in which the layers are.
struct PlaceRecord {
  base::MountNamespace mount_namespace;
  std::uint64_t mount_id = 0;       // of the place
  int pid = 0;                      // who recorded it, and may live in it still
  std::filesystem::path root, run;  // of the store, by their names there
};

// A container's root that stands on layers.
struct MountUser {
  std::filesystem::path target;
  base::MountNamespace mount_namespace;  // in which the target is
  std::vector<oci::Digest> layers;
};

// Nothing when it is missing, or damaged (with a warning): then it is as if it had never been written.
std::optional<PlaceRecord> read_place(const std::filesystem::path& file);
void write_place(const std::filesystem::path& file, const PlaceRecord& record);

// The users' files lie in one folder, each named by its target.
std::filesystem::path user_file(const std::filesystem::path& folder, const std::filesystem::path& target);
std::optional<MountUser> read_user(const std::filesystem::path& file);
void write_user(const std::filesystem::path& folder, const MountUser& user);
std::vector<MountUser> read_users(const std::filesystem::path& folder);

}  // namespace davit::layer
