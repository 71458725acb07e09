#pragma once

#include "container/held_container.h"
#include "runtime/check_resources.h"

namespace davit::container {

// Changes what the container may take: at once where it runs, and for each later start. `change` is what was asked for,
// checked (runtime::check_resources, kUpdate); what it leaves open stays. Durable on return; where it throws all is as
// before. Throws Error with docker's words, "Cannot update container ID: …".
void update(HeldContainer& held, const runtime::Resources& change);

}  // namespace davit::container
