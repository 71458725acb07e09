#include "cli/image_name.h"

#include "base/strings.h"
#include "cli/arguments.h"
#include "oci/reference.h"

namespace davit::cli {

void check_image_name(const std::string& text) {
  if (text.starts_with("sha256:") || (text.size() == 64 && base::is_hex(text))) return;
  on_client_side([&] {
    if (!oci::parse_history_reference(text)) oci::Reference::parse(text);
  });
}

}  // namespace davit::cli
