#pragma once
// A container's root file system, for who reads or writes it from outside: cp, diff, export, commit.

#include <filesystem>
#include <functional>
#include <string>

#include "base/fs/tree.h"
#include "container/held_container.h"

namespace davit::container {

enum class RootKind {
  kAsSeen,  // with what is mounted in it: volumes, binds, its /etc/hosts; while it runs all that its processes see
  kBare,    // the image and the container's own layer alone
};

// Calls `work` with the container's root. While it runs, that is its own root, and others may change or end it
// meanwhile: the folder stays good. Else it is mounted for that time, in a mount namespace that ends with the work, so
// that nothing is left should davit die, and the container is held so long. Throws what the work throws.
void with_root(ContainerStore& containers, const std::string& id, RootKind kind,
               const std::function<void(const base::fs::Directory& root, const Container& container)>& work);

// Calls `work` with the root of a container's image alone, read-only. The container is held by the caller.
void with_image_root(ContainerStore& containers, const HeldContainer& held,
                     const std::function<void(const base::fs::Directory& root)>& work);

}  // namespace davit::container
