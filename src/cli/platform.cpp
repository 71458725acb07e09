#include "cli/platform.h"

namespace davit::cli {

std::optional<oci::Platform> platform_of(const Arguments& arguments) {
  const std::string text = arguments.text("platform");
  if (text.empty()) return std::nullopt;
  return oci::Platform::parse(text);
}

}  // namespace davit::cli
