// tags ls, tags rm: the tags of a repository in its registry.

#include <boost/json.hpp>
#include <unistd.h>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "oci/tag_order.h"
#include "oci/version.h"
#include "transfer/remove_tag.h"

namespace davit::cli {

namespace {

using base::Code;

void say_others(const oci::RepositoryName& repository, std::size_t versions, std::size_t others) {
  if (versions + others == 0) {
    print_error(repository.familiar() + " has no tags");
  } else if (others > 0) {
    print_error(fmt::format("{} {} no full version{}: --all shows {} too", others,
                            others == 1 ? "other tag is" : "other tags are", others == 1 ? "" : "s",
                            others == 1 ? "it" : "them"));
  }
}

std::string names_of(const std::vector<std::string>& tags) { return base::join(tags, ", "); }

// What is lost with the manifest besides the tag, in words; empty: nothing.
std::string words_of(const transfer::TagRemoval::Losses& losses) {
  std::string words;
  if (!losses.same.empty()) {
    words += fmt::format("{} the same image and {} removed too: {}",
                         losses.same.size() == 1 ? "this tag means" : "these tags mean",
                         losses.same.size() == 1 ? "is" : "are", names_of(losses.same));
  }
  if (!losses.containing.empty()) {
    words += fmt::format("{}{} it and would lack it: {}", words.empty() ? "" : "; ",
                         losses.containing.size() == 1 ? "this index lists" : "these indexes list",
                         names_of(losses.containing));
  }
  return words;
}

}  // namespace

int run_tags_ls(Context& context, const Arguments& arguments) {
  Listing listing({.type = "*davit.tagContext",
                   .columns = {{"Repository", "REPOSITORY"}, {"Tag", "TAG"}, {"Version", "VERSION"}},
                   .table = "{{.Tag}}"},
                  arguments);
  const std::string& text = arguments.positional()[0];
  const oci::Reference reference = on_client_side([&] { return oci::Reference::parse(text); });
  if (reference.tag() || reference.digest()) {
    throw ClientError("a repository has tags, not '" + text + "': give " + reference.repository().familiar());
  }
  const oci::RepositoryName& repository = reference.repository();
  const bool all = arguments.flag("all");
  std::size_t versions = 0, others = 0;
  const auto place = context.registries().location(repository);
  for (const std::string& tag : oci::in_version_order(place.client->list_tags(place.repository))) {
    const auto version = oci::Version::parse(tag);
    ++(version ? versions : others);
    if (!version && !all) continue;
    listing.add({{"Repository", repository.familiar()}, {"Tag", tag}, {"Version", version ? version->text() : ""}});
  }
  listing.print();
  say_others(repository, versions, all ? 0 : others);
  return 0;
}

int run_tags_rm(Context& context, const Arguments& arguments) {
  const std::string& text = arguments.positional()[0];
  const oci::Reference reference = on_client_side([&] { return oci::Reference::parse(text); });
  if (!reference.tag() || reference.digest()) {
    throw ClientError("give the tag that is to be removed: " + reference.repository().familiar() + ":TAG");
  }
  const std::string name = reference.repository().familiar();
  transfer::TagRemoval removal(context.registries(), reference);
  if (removal.remove_alone()) {
    print_line("Untagged: " + reference.familiar());
    return 0;
  }
  const auto losses = removal.losses();
  const std::string words = words_of(losses);
  if (!words.empty() && !arguments.flag("force") && !arguments.flag("yes")) {
    const std::string why =
        fmt::format("{} deletes manifests by digest only, here {} of {}: {}", reference.repository().domain(),
                    removal.target().digest.text(), reference.familiar(), words);
    if (::isatty(STDIN_FILENO) == 0) throw ClientError(why + ". Nothing was removed: --force does it", Code::kConflict);
    if (!confirm("WARNING! " + why + "\nAre you sure you want to continue?")) {
      print_error("Nothing was removed");
      return 1;
    }
  }
  removal.remove_with_manifest();
  print_line("Untagged: " + reference.familiar());
  for (const std::string& tag : losses.same) print_line("Untagged: " + name + ":" + tag);
  print_line("Deleted: " + removal.target().digest.text());
  return 0;
}

}  // namespace davit::cli
