#include "cli/image_name.h"

#include "cli/arguments.h"
#include "oci/reference.h"
#include "operations/find_image.h"

namespace davit::cli {

void check_image_name(const std::string& text) {
  if (operations::is_image_id(text)) return;
  on_client_side([&] {
    if (!oci::parse_history_reference(text)) oci::Reference::parse(text);
  });
}

}  // namespace davit::cli
