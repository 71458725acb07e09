#pragma once
// A volume in the shape of Docker's Engine API, for `inspect`.

#include <boost/json/fwd.hpp>

#include "container/volume_store.h"
#include "text/template_value.h"

namespace davit::docker {

boost::json::object volume_inspect(const container::VolumeStore& volumes, const container::Volume& volume);
const text::Type& volume_inspect_type();

}  // namespace davit::docker
