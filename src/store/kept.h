#pragma once
// Content that lasts though no image has it: what the builder may need again. ROOT/kept/NAME; docs/formats/store.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "oci/digest.h"

namespace davit::store {

// What stands under a name: no collection removes these blobs and layers while it stands. `note` is its owner's.
struct KeptEntry {
  std::vector<oci::Digest> digests;
  std::string note;
};

// Safe for use by any number of threads and processes.
class KeptContent {
 public:
  explicit KeptContent(const std::filesystem::path& root) : folder_(root / "kept") {}

  // Replaces what stands under the name (hex digits). The content is here, and the caller holds a lease on it. Not
  // durable: after a power cut it may be missing, and then its content is garbage.
  void put(const std::string& name, const KeptEntry& entry) const;
  // Nothing where there is none, or none that can be read. It counts as used now.
  std::optional<KeptEntry> use(const std::string& name) const;
  std::optional<KeptEntry> look(const std::string& name) const;  // the same without that
  std::vector<std::string> names() const;
  base::Time last_use(const std::string& name) const;
  void remove(const std::string& name) const;  // idempotent

  // Of all entries. What cannot be read keeps nothing.
  std::vector<oci::Digest> digests() const;
  std::string state() const;  // a text that is another one when an entry came or went

 private:
  std::filesystem::path folder_;
};

}  // namespace davit::store
