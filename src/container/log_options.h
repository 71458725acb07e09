#pragma once

#include "container/description.h"

namespace davit::container {

// Throws Error for a log driver that davit has not, and for an option that its driver has not, in docker's words where
// docker refuses it too.
void check_log(const LogSettings& log);

}  // namespace davit::container
