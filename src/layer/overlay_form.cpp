#include "layer/overlay_form.h"

#include <sys/sysmacros.h>

namespace davit::layer {

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0); }

}  // namespace davit::layer
