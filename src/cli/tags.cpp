#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "operations/find_image.h"
#include "operations/restore_tag.h"
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

Listing::Shape log_shape() {
  return {.type = "*davit.tagMove",
          .columns = {{"By", "BY"},
                      {"Entry", "ENTRY"},
                      {"From", "FROM"},
                      {"ImageID", "IMAGE ID"},
                      {"Moved", "MOVED"},
                      {"MovedAt", "MOVED AT"},
                      {"Reference", "REFERENCE"},
                      {"State", "STATE"},
                      {"To", "TO"}},
          .table = "table {{.Entry}}\t{{.Moved}}\t{{.By}}\t{{.From}}\t{{.To}}\t{{.ImageID}}\t{{.State}}"};
}

}  // namespace

int run_tags_log(Context& context, const Arguments& arguments) {
  Listing listing(log_shape(), arguments);
  const bool full = listing.full();
  const oci::Reference reference =
      on_client_side([&] { return oci::Reference::parse_tagged(arguments.positional()[0]); });
  if (!reference.tag()) throw ClientError("a digest never moves: give a tag");
  const auto moves = context.images().history(reference);
  if (moves.empty()) {
    throw base::Error::format(base::Code::kNotFound, "No such tag: {}: no move of it is recorded here",
                              reference.familiar());
  }
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const store::TagMove& move = moves[i];
    listing.add({{"By", move.command},
                 {"Entry", fmt::format("@{{{}}}", i)},
                 {"From", shown(move.from, full)},
                 {"ImageID", shown(move.to_image, full)},
                 {"Moved", full ? base::to_rfc3339(move.when) : text::human_age(move.when, base::now())},
                 {"MovedAt", base::to_rfc3339(move.when)},
                 {"Reference", reference.familiar()},
                 {"State", state_of(context, move)},
                 {"To", shown(move.to, full)}});
  }
  listing.print();
  return 0;
}

int run_tags_restore(Context& context, const Arguments& arguments) {
  const auto restored = operations::restore_tag(context.images(), arguments.positional()[0]);
  print_line(fmt::format("{}: {} -> {}", restored.now.reference.familiar(),
                         restored.before ? restored.before->digest.text() : kNone, restored.now.target.digest.text()));
  return 0;
}

}  // namespace davit::cli
