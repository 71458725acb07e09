#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/output.h"
#include "docker/image_inspect.h"
#include "docker/json_text.h"
#include "operations/find_image.h"
#include "transfer/image_content.h"

namespace davit::cli {

namespace {

docker::ImageView view_of(Context& context, const store::ImageRecord& record) {
  docker::ImageView view = {.record = record,
                            .config = transfer::read_config(context.store(), record),
                            .tags = context.images().tags_of(record.id),
                            .driver = "overlay"};
  for (const store::Tag& tag : view.tags) {
    if (!tag.reference.tag()) continue;
    const auto moves = context.images().history(tag.reference);
    if (!moves.empty() && (!view.last_tagged || moves.front().when > *view.last_tagged))
      view.last_tagged = moves.front().when;
  }
  return view;
}

}  // namespace

int run_inspect(Context& context, const Arguments& arguments) {
  const bool one_line = wants_json(arguments);
  boost::json::array found;
  std::vector<std::string> errors;
  context.store();
  for (const std::string& text : arguments.positional()) {
    try {
      if (const auto image = operations::find_image(context.images(), text)) {
        found.push_back(docker::image_inspect(view_of(context, image->record)));
        continue;
      }
    } catch (const base::Error& error) {
      // What is no valid name names nothing, as for docker; anything else is worth telling.
      if (error.code() != base::Code::kInvalidArgument) throw;
    }
    errors.push_back("Error: No such object: " + text);
  }
  if (one_line) {
    print_line(docker::to_line(found));
  } else {
    print_line(docker::to_pretty(found));
  }
  for (const std::string& error : errors) print_error(error);
  return errors.empty() ? 0 : 1;
}

}  // namespace davit::cli
