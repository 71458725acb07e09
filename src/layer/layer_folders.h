#pragma once
// A driver's folders and locks: docs/formats/layers.md.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "layer/layer_record.h"

namespace davit::layer {

class LayerFolders {
 public:
  // Makes the folders that are missing.
  explicit LayerFolders(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path layer(const oci::Digest& diff_id) const { return folder_ / diff_id.hex(); }
  std::filesystem::path staged(const oci::Digest& diff_id) const { return staging() / diff_id.hex(); }
  std::filesystem::path staging() const { return folder_ / "staging"; }
  std::filesystem::path lock_file(const std::string& name) const { return folder_ / "locks" / name; }

  std::optional<KeptLayer> find(const oci::Digest& diff_id) const { return read_layer_record(layer(diff_id)); }
  std::vector<oci::Digest> list() const;

  // A lock by name. Its file is removed by release(), so a lock is good only while the file has still its name: these
  // return none other. `try_lock` gives nothing when somebody else holds it.
  base::FileLock lock(const std::string& name, base::FileLock::Mode mode = base::FileLock::Mode::kExclusive) const;
  std::optional<base::FileLock> try_lock(const std::string& name) const;
  void release(base::FileLock lock, const std::string& name) const;  // for the holder of an exclusive lock

  // Removes staging folders that no process works on. Returns the bytes given back.
  std::uint64_t clean_staging() const;
  // Moves a folder out of sight, then removes it: a crash leaves it to clean_staging. Returns the bytes given back.
  std::uint64_t discard(const std::filesystem::path& folder) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace davit::layer
