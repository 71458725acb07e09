#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/output.h"
#include "docker/json_text.h"
#include "operations/find_image.h"
#include "operations/restore_tag.h"
#include "text/table.h"
#include "text/time.h"

namespace davit::cli {

namespace {

constexpr const char* kNone = "<none>";

std::string shown(const std::optional<oci::Descriptor>& descriptor, bool full) {
  if (!descriptor) return kNone;
  return full ? descriptor->digest.text() : descriptor->digest.short_hex();
}

std::string shown(const std::optional<oci::Digest>& image, bool full) {
  if (!image) return kNone;
  return full ? image->text() : image->short_hex();
}

// Whether the entry can be restored without a pull. What was removed and came back is here again.
std::string state_of(Context& context, const store::TagMove& move) {
  if (!move.to_image) return "removed";
  return context.images().find_image(*move.to_image) ? "here" : "gone";
}

}  // namespace

int run_tags_log(Context& context, const Arguments& arguments) {
  const bool json = wants_json(arguments);
  const bool full = arguments.flag("no-trunc");
  const oci::Reference reference =
      on_client_side([&] { return oci::Reference::parse_tagged(arguments.positional()[0]); });
  if (!reference.tag()) throw ClientError("a digest never moves: give a tag");
  const auto moves = context.images().history(reference);
  if (moves.empty()) {
    throw base::Error::format(base::Code::kNotFound, "No such tag: {}: no move of it is recorded here",
                              reference.familiar());
  }
  text::Table table({"ENTRY", "MOVED", "BY", "FROM", "TO", "IMAGE ID", "STATE"});
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const store::TagMove& move = moves[i];
    const std::string entry = "@{" + std::to_string(i) + "}";
    if (json) {
      print_line(docker::to_line(
          boost::json::object{{"Entry", entry},
                              {"When", base::to_rfc3339(move.when)},
                              {"By", move.command},
                              {"Reference", reference.familiar()},
                              {"From", move.from ? boost::json::value(move.from->digest.text()) : nullptr},
                              {"To", move.to ? boost::json::value(move.to->digest.text()) : nullptr},
                              {"ImageID", move.to_image ? boost::json::value(move.to_image->text()) : nullptr},
                              {"State", state_of(context, move)}}));
      continue;
    }
    const std::string when = full ? base::to_rfc3339(move.when) : text::human_age(move.when, base::now());
    table.add_row({entry, when, move.command, shown(move.from, full), shown(move.to, full), shown(move.to_image, full),
                   state_of(context, move)});
  }
  if (!json) print(table.text());
  return 0;
}

int run_tags_restore(Context& context, const Arguments& arguments) {
  const auto restored = operations::restore_tag(context.images(), arguments.positional()[0]);
  print_line(fmt::format("{}: {} -> {}", restored.now.reference.familiar(),
                         restored.before ? restored.before->digest.text() : kNone, restored.now.target.digest.text()));
  return 0;
}

}  // namespace davit::cli
