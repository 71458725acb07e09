#include "remote/search.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "text/width.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

constexpr long kMaxLimit = 100;
constexpr long kDefaultLimit = 25;
constexpr std::size_t kDescriptionColumns = 45;
constexpr char kDockerIndex[] = "index.docker.io";

struct Place {
  std::string host;
  std::string term;
};

// "127.0.0.1:5000/team" asks that registry for "team"; anything else is a term for Docker Hub.
Place place_of(const std::string& text) {
  if (text.find("://") != std::string::npos) {
    throw Error(Code::kInvalidArgument, "Invalid repository name (ex: \"registry.domain.tld/myrepos\")");
  }
  const auto slash = text.find('/');
  const std::string first = text.substr(0, slash);
  const bool is_host = first.find_first_of(".:") != std::string::npos || first == "localhost";
  if (slash == std::string::npos || !is_host) return {kDockerIndex, text};
  if (first == "docker.io" || first == kDockerIndex) return {kDockerIndex, text.substr(slash + 1)};
  // What can be no host is told as such, before it becomes a part of a URL.
  return {oci::RepositoryName::parse(first + "/x").domain(), text.substr(slash + 1)};
}

struct Wanted {
  std::optional<bool> official, automated;
  long stars = 0;

  bool matches(const remote::FoundRepository& found) const {
    return found.stars >= stars && (!official || found.official == *official) &&
           (!automated || found.automated == *automated);
  }
};

Wanted wanted_of(const Arguments& arguments) {
  const operations::Filters filters = filters_of(arguments);
  if (filters.has("is-automated")) {
    print_error(
        "WARNING: the \"is-automated\" filter is deprecated, and searching for \"is-automated=true\" will not yield "
        "any results in future.");
  }
  filters.allow_only({"is-automated", "is-official", "stars"});
  Wanted wanted{.official = filters.boolean("is-official"), .automated = filters.boolean("is-automated")};
  for (const std::string& value : filters.values("stars")) {
    long stars = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), stars);
    if (error != std::errc() || end != value.data() + value.size()) {
      throw Error::format(Code::kInvalidArgument, "Invalid filter 'stars={}'", value);
    }
    wanted.stars = std::max(wanted.stars, stars);
  }
  return wanted;
}

std::string without_line_ends(std::string text) {
  std::replace(text.begin(), text.end(), '\r', ' ');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

int run_search(Context& context, const Arguments& arguments) {
  Listing listing({.type = "*registry.searchContext",
                   .columns = {{"Name", "NAME"},
                               {"Description", "DESCRIPTION"},
                               {"StarCount", "STARS"},
                               {"IsOfficial", "OFFICIAL"}},
                   .table = "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}"},
                  arguments);
  const Wanted wanted = wanted_of(arguments);
  const long asked = arguments.given("limit") ? arguments.number("limit") : 0;
  const long limit = asked > 0 ? asked : kDefaultLimit;
  if (limit > kMaxLimit) {
    throw Error::format(Code::kInvalidArgument, "Limit {} is outside the range of [1, {}]", limit, kMaxLimit);
  }
  const Place place = place_of(arguments.positional()[0]);
  const auto found = remote::search(context.registries().at(place.host), place.term, static_cast<int>(limit));
  const std::string format = arguments.text("format");
  const bool as_json = format == "json" || format == "{{json .}}";
  for (const remote::FoundRepository& one : found) {
    if (!wanted.matches(one)) continue;
    const std::string description = without_line_ends(one.description);
    const std::string official = as_json ? (one.official ? "true" : "false") : (one.official ? "[OK]" : "");
    listing.add({{"Name", one.name},
                 {"Description", listing.full() ? description : text::ellipsis(description, kDescriptionColumns)},
                 {"StarCount", std::to_string(one.stars)},
                 {"IsOfficial", official}});
  }
  listing.print();
  return 0;
}

}  // namespace davit::cli
