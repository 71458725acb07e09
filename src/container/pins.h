#pragma once
// Pins on containers: something that lasts (a deployment) needs one and says so by its name. A pinned container is not
// removed, whatever a user asks. docs/formats/pins.md.

#include <string>
#include <vector>

#include "container/held_container.h"

namespace davit::container {

// Durable on return, idempotent. Throw Error(kInvalidArgument) for what is no name of a holder (base/holders.h),
// Error(kConflict) for a container that goes by its own end.
void pin(HeldContainer& held, const std::string& holder);
void unpin(HeldContainer& held, const std::string& holder);

std::vector<std::string> pin_holders(const HeldContainer& held);  // sorted; empty: it is not pinned

// Throws Error(kConflict) naming the holders when it is pinned.
void require_unpinned(const HeldContainer& held);

}  // namespace davit::container
