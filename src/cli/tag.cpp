#include "cli/arguments.h"
#include "cli/context.h"
#include "operations/find_image.h"

namespace davit::cli {

int run_tag(Context& context, const Arguments& arguments) {
  const std::string& target = arguments.positional()[1];
  const oci::Reference reference = [&] {
    try {
      return oci::Reference::parse_tagged(target);
    } catch (const base::Error& error) {
      throw ClientError(
          fmt::format("Error parsing reference: \"{}\" is not a valid repository/tag: {}", target, error.message()));
    }
  }();
  if (reference.digest()) throw ClientError("refusing to create a tag with a digest reference");
  const auto found = operations::get_image(context.images(), arguments.positional()[0]);
  context.images().set_tag({.reference = reference, .target = found.target, .image = found.record.id}, "tag");
  return 0;
}

}  // namespace davit::cli
