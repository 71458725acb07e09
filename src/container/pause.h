#pragma once
// Freezing a container's processes, and letting them go on.

#include "container/held_container.h"

namespace davit::container {

// Throw Error(kConflict) with docker's words: "Container ID is not running", "… is already paused", "… is not paused".
void pause(HeldContainer& held);
void unpause(HeldContainer& held);

}  // namespace davit::container
