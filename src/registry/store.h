#pragma once
// A registry's store: its metadata and its bytes.

#include <filesystem>
#include <memory>

#include "registry/bytes.h"
#include "registry/metadata.h"

namespace davit::registry {

struct Store {
  std::unique_ptr<Metadata> metadata;
  std::unique_ptr<BlobBytes> bytes;
};

// In a folder, which is made: docs/formats/registry.md. Throws Error(kNotSupported) for one that a newer davit wrote.
Store open_store(const std::filesystem::path& root);

}  // namespace davit::registry
