#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/image_name.h"
#include "operations/find_image.h"

namespace davit::cli {

namespace {

// Calls `parse`; what it refuses is refused in the words of docker's tag.
template <typename Parse>
auto parsed(const std::string& text, const Parse& parse) {
  try {
    return parse();
  } catch (const base::Error& error) {
    throw ClientError(
        fmt::format("Error parsing reference: \"{}\" is not a valid repository/tag: {}", text, error.message()));
  }
}

}  // namespace

int run_tag(Context& context, const Arguments& arguments) {
  const std::string& source = arguments.positional()[0];
  const std::string& target = arguments.positional()[1];
  parsed(source, [&] { check_image_name(source); });
  const oci::Reference reference = parsed(target, [&] { return oci::Reference::parse_tagged(target); });
  if (reference.digest()) throw ClientError("refusing to create a tag with a digest reference");
  if (reference.repository().familiar() == "sha256") {
    throw base::Error(base::Code::kInvalidArgument,
                      "refusing to create an ambiguous tag using digest algorithm as name");
  }
  const auto found = operations::get_image(context.images(), source);
  context.images().set_tag({.reference = reference, .target = found.target, .image = found.record.id}, "tag");
  return 0;
}

}  // namespace davit::cli
