#pragma once

#include <string>

#include "container/container_store.h"

namespace davit::container {

// Sends the signal to the container's init. After SIGKILL it returns when the container has ended and is cleaned up,
// after others at once. Resumes a paused one when it is SIGKILL or its stop signal, or any where it has none of its
// own, as docker does; else the signal waits. Throws Error(kConflict, "Container ID is not running"), Error(kNotFound).
void kill(ContainerStore& store, const std::string& id, int signal);

}  // namespace davit::container
