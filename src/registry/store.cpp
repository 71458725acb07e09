#include "registry/store.h"

#include "base/fs/paths.h"

namespace davit::registry {

Store open_store(const std::filesystem::path& root) {
  base::fs::make_directories(root);
  return {open_sqlite_metadata(root / "registry.db"), open_blob_files(root)};
}

}  // namespace davit::registry
