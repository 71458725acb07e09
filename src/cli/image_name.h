#pragma once
// What docker's client looks at before it asks its daemon about an image.

#include <string>

namespace davit::cli {

// Throws ClientError in docker's words for what can be no name, no ID and no history entry of an image.
void check_image_name(const std::string& text);

}  // namespace davit::cli
