#pragma once
// Who uses which image changes only under this lock: shared for the creation of a container (from finding its image to
// its durable record), exclusive for the removal of images. So neither can slip between the other's check and act.

#include "base/file_lock.h"
#include "store/store.h"

namespace davit::operations {

inline base::FileLock lock_image_use(const store::Store& store, base::FileLock::Mode mode) {
  return base::FileLock::acquire(store.root() / "image-use.lock", mode);
}

}  // namespace davit::operations
