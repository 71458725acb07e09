#pragma once
// A description's mounts as the runtime takes them.

#include <vector>

#include "container/description.h"
#include "runtime/spec.h"

namespace davit::container {

// Makes the folders of the host that are missing, as docker does for -v.
std::vector<runtime::Mount> prepare_mounts(const Description& description);

}  // namespace davit::container
