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

// A tag that meant the image until it was made to mean another. Not docker's: member "Davit" of what is shown.
struct DisplacedTag {
  std::string tag, command;  // whose move it was: "pull", "tag", …
  base::Time when;
  std::string replaced_by;               // the ID of the image that it means since
  std::string reason;                    // why the image is kept, or not
  std::optional<base::Time> kept_until;  // at the latest; nothing where history does not keep it: a prune takes it
};

struct ImageView {
  store::ImageRecord record;
  std::optional<oci::ImageConfig> config;  // nothing for what is no image (a chart, a signature)
  std::vector<store::Tag> tags;
  std::string driver;  // of its layers
  std::optional<base::Time> last_tagged;
  std::vector<DisplacedTag> displaced;  // newest first; of an image without a tag
};

boost::json::object image_inspect(const ImageView& view);

// Docker's "Config" object of an image.
boost::json::object execution_config(const oci::ExecutionConfig& config);

}  // namespace davit::docker
