#pragma once
// Now overlay_form.h.
#include "layer/overlay_form.h"
