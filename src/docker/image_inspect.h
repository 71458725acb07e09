#pragma once
// An image in the shape of Docker's Engine API (ImageInspect, API 1.49), for `inspect`.

#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/clock.h"
#include "oci/image_config.h"
#include "store/image_store.h"

namespace davit::docker {

struct ImageView {
  store::ImageRecord record;
  std::optional<oci::ImageConfig> config;  // nothing for what is no image (a chart, a signature)
  std::vector<store::Tag> tags;
  std::string driver;  // of its layers
  std::optional<base::Time> last_tagged;
};

boost::json::object image_inspect(const ImageView& view);

// Docker's "Config" object of an image.
boost::json::object execution_config(const oci::ExecutionConfig& config);

}  // namespace davit::docker
