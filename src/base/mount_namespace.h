#pragma once
// Mount namespaces: naming one, finding it again by a process that lives in it, working in it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fs/file.h"

namespace davit::base {

// A mount namespace, named across processes. The inode number of one that ended may be given again in the same boot:
// whoever keeps this checks something else of the namespace too.
struct MountNamespace {
  std::string boot_id;
  std::uint64_t inode = 0;

  static MountNamespace current();  // of the calling thread
  bool operator==(const MountNamespace&) const = default;

  // Open, by a process that is in it: PID 1, one of `hints`, or any. Nothing when it is of another boot or none of the
  // processes that we see is in it. Needs root.
  std::optional<fs::FileDescriptor> open(const std::vector<int>& hints = {}) const;
};

// Runs the work in a thread that has entered the mount namespace, and returns when it has ended, or throws what it
// threw. Threads that the work starts are in that namespace too.
void run_in(const fs::FileDescriptor& mount_namespace, const std::function<void()>& work);

// Runs the work in a thread with a mount namespace of its own: no mount that it makes reaches another, and all of them
// end with it, or with this process. Throws what it threw.
void run_in_private(const std::function<void()>& work);

}  // namespace davit::base
