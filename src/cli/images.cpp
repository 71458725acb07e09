#include <algorithm>
#include <map>

#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "operations/list_images.h"
#include "text/runes.h"
#include "text/size.h"
#include "text/time.h"

namespace davit::cli {

namespace {

constexpr const char* kNone = "<none>";
constexpr std::string_view kDigestField = "{{.Digest}}";

Listing::Shape shape_of(Context& context, const Arguments& arguments) {
  const bool digests = arguments.flag("digests");
  const std::string created = "{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}";
  Listing::Shape shape = {
      .type = "*formatter.imageContext",
      .columns = {{"Containers", "CONTAINERS"},
                  {"CreatedAt", "CREATED AT"},
                  {"CreatedSince", "CREATED"},
                  {"Digest", "DIGEST"},
                  {"ID", "IMAGE ID"},
                  {"Repository", "REPOSITORY"},
                  {"SharedSize", "SHARED SIZE"},
                  {"Size", "SIZE"},
                  {"Tag", "TAG"},
                  {"UniqueSize", "UNIQUE SIZE"},
                  {"VirtualSize", "SIZE"}},
      .table = std::string("table {{.Repository}}\t{{.Tag}}\t") + (digests ? "{{.Digest}}\t" : "") + "{{.ID}}\t" +
               created + "\t{{.Size}}",
      .raw = std::string("repository: {{ .Repository }}\ntag: {{.Tag}}\n") + (digests ? "digest: {{.Digest}}\n" : "") +
             "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
      .configured = {},
  };
  if (arguments.text("format").empty() && !arguments.flag("quiet"))
    shape.configured = configured_format(context, "imagesFormat");
  if (arguments.flag("quiet") && arguments.text("format") == "raw") shape.raw = "image_id: {{.ID}}";
  if (digests) shape.custom_suffix = "\t{{.Digest}}";
  return shape;
}

struct Name {
  std::string repository = kNone, tag = kNone, digest = kNone;
};

// A line per tag, with the digests that its repository is known by where those are shown; one per digest, or per
// repository, where there is no tag; one for an image without a name.
std::vector<Name> names_of(const operations::ListedImage& image, bool digests_shown, bool digests_asked) {
  if (image.tags.empty()) return {Name()};
  struct Repository {
    std::vector<std::string> tags, digests;
  };
  std::map<oci::RepositoryName, Repository> repositories;
  for (const store::Tag& tag : image.tags) {
    Repository& repository = repositories[tag.reference.repository()];
    if (tag.reference.tag()) {
      repository.tags.push_back(*tag.reference.tag());
    } else {
      repository.digests.push_back(tag.reference.digest()->text());
    }
  }
  std::vector<Name> names;
  for (const auto& [name, repository] : repositories) {
    const bool tagged = !repository.tags.empty();
    std::vector<std::string> digests = {tagged ? kNone : ""};
    if ((tagged ? digests_shown : digests_asked) && !repository.digests.empty()) digests = repository.digests;
    for (const std::string& tag : tagged ? repository.tags : std::vector<std::string>{kNone}) {
      for (const std::string& digest : digests) names.push_back({name.familiar(), tag, digest});
    }
  }
  return names;
}

boost::json::object row_of(const Listing& listing, const store::ImageSummary& record) {
  boost::json::object row = {{"Containers", "N/A"}, {"SharedSize", "N/A"}, {"UniqueSize", "N/A"}};
  row["ID"] = listing.full() ? record.id.text() : record.id.short_hex();
  if (listing.needs("CreatedAt")) row["CreatedAt"] = go_time(record.created);
  if (listing.needs("CreatedSince"))
    row["CreatedSince"] = record.created ? text::human_age(*record.created, base::now()) : "";
  if (listing.needs("Size")) row["Size"] = text::human_size(record.size, text::kImageSizeDigits);
  if (listing.needs("VirtualSize")) row["VirtualSize"] = text::human_size(record.size);
  return row;
}

// "davit images ls" looks for an image of that name; who typed it meant another command.
void hint_at_command(const Arguments& arguments) {
  if (!arguments.command().alias_of.empty() || arguments.positional().empty()) return;
  const std::string& word = arguments.positional()[0];
  for (const char* verb :
       {"build", "history", "import", "inspect", "list", "load", "ls", "prune", "pull", "push", "rm", "save", "tag"}) {
    if (word == verb) {
      print_error(
          fmt::format("No images found matching {0}: did you mean \"davit image {1}\"?", text::go_quote(word), word));
    }
  }
}

}  // namespace

int run_images(Context& context, const Arguments& arguments) {
  operations::Filters filters = filters_of(arguments);
  if (!arguments.positional().empty() && !arguments.positional()[0].empty())
    filters.add("reference", arguments.positional()[0]);
  Listing listing(shape_of(context, arguments), arguments);
  const bool digests_asked = arguments.flag("digests");
  const bool digests_shown = digests_asked || arguments.text("format").find(kDigestField) != std::string::npos;

  const auto images = operations::list_images(context.store(), filters);
  for (const operations::ListedImage& image : images) {
    boost::json::object row = row_of(listing, image.record);
    for (const Name& name : names_of(image, digests_shown, digests_asked)) {
      row["Repository"] = name.repository;
      row["Tag"] = name.tag;
      row["Digest"] = name.digest;
      listing.add(row);
    }
  }
  listing.print();
  if (images.empty()) hint_at_command(arguments);
  return 0;
}

}  // namespace davit::cli
