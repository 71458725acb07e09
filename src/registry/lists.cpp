// Lists with pages: tags, referrers, repositories. Distribution-spec "Listing Tags", "Listing Referrers"; docker's
// /v2/_catalog.

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "base/error.h"
#include "http/url.h"
#include "oci/descriptor.h"
#include "registry/call.h"

namespace davit::registry {

namespace {

namespace json = boost::json;

struct Page {
  std::size_t entries;
  std::string last;
};

// What ?n= and ?last= ask for, within what the settings allow.
std::variant<Page, http::ServerResponse> asked_page(const Call& call) {
  Page page{call.context.settings.page, call.query.get("last").value_or("")};
  if (const auto n = call.query.get("n"); n && !n->empty()) {
    std::size_t wanted = 0;
    const auto [end, error] = std::from_chars(n->data(), n->data() + n->size(), wanted);
    if (error == std::errc::result_out_of_range) {
      wanted = page.entries;
    } else if (error != std::errc() || end != n->data() + n->size()) {
      return refuse_as(400, Problem::kUnsupported, "n must be a number", detail("n", *n));
    }
    page.entries = std::min(wanted, page.entries);
  }
  return page;
}

http::ServerResponse answer(const json::value& body, std::string_view type) {
  http::ServerResponse response(200);
  response.add("Content-Type", type);
  response.body(json::serialize(body));
  return response;
}

// RFC 8288. `more`: further parameters.
void add_next(http::ServerResponse& response, const Call& call, std::size_t entries, const std::string& last,
              const std::string& more = {}) {
  response.add("Link", fmt::format("<{}?n={}&last={}{}>; rel=\"next\"", call.request.path(), entries,
                                   http::percent_encode(last), more));
}

}  // namespace

Started list_tags(const Call& call) {
  auto asked = asked_page(call);
  if (auto* refusal = std::get_if<http::ServerResponse>(&asked)) return std::move(*refusal);
  const auto& page = std::get<Page>(asked);
  if (!call.metadata().has_repository(call.repository()))
    return refuse(Problem::kNameUnknown, {}, detail("name", call.repository()));
  std::vector<std::string> tags;
  if (page.entries > 0) tags = call.metadata().tags(call.repository(), page.last, page.entries + 1);
  const bool more = tags.size() > page.entries;
  if (more) tags.pop_back();
  json::array list(tags.begin(), tags.end());
  auto response = answer(json::object{{"name", call.repository()}, {"tags", std::move(list)}}, "application/json");
  if (more) add_next(response, call, page.entries, tags.back());
  return response;
}

Started list_referrers(const Call& call) {
  const auto subject = oci::Digest::try_parse(call.route.reference);
  if (!subject) return refuse(Problem::kDigestInvalid, "invalid digest", detail("digest", call.route.reference));
  auto asked = asked_page(call);
  if (auto* refusal = std::get_if<http::ServerResponse>(&asked)) return std::move(*refusal);
  const auto& page = std::get<Page>(asked);
  const std::string type = call.query.get("artifactType").value_or("");
  std::vector<Referrer> found;
  if (page.entries > 0)
    found = call.metadata().referrers(call.repository(), *subject, type, page.last, page.entries + 1);
  const bool more = found.size() > page.entries;
  if (more) found.pop_back();
  json::array manifests;
  for (const auto& referrer : found) {
    json::object entry{{"mediaType", referrer.media_type}, {"digest", referrer.digest.text()}, {"size", referrer.size}};
    if (!referrer.artifact_type.empty()) entry["artifactType"] = referrer.artifact_type;
    if (!referrer.annotations.empty()) entry["annotations"] = json::parse(referrer.annotations);
    manifests.push_back(std::move(entry));
  }
  auto response = answer(
      json::object{
          {"schemaVersion", 2}, {"mediaType", oci::media_type::kOciIndex}, {"manifests", std::move(manifests)}},
      oci::media_type::kOciIndex);
  if (!type.empty()) response.add("OCI-Filters-Applied", "artifactType");
  if (more) {
    add_next(response, call, page.entries, found.back().digest.text(),
             type.empty() ? "" : "&artifactType=" + http::percent_encode(type));
  }
  return response;
}

// Only repositories that the caller may pull; a page is filled however many lie between.
Started list_repositories(const Call& call) {
  auto asked = asked_page(call);
  if (auto* refusal = std::get_if<http::ServerResponse>(&asked)) return std::move(*refusal);
  const auto& page = std::get<Page>(asked);
  std::vector<std::string> names;
  std::string last = page.last;
  while (page.entries > 0 && names.size() <= page.entries) {
    const auto some = call.metadata().repositories(last, page.entries + 1);
    if (some.empty()) break;
    last = some.back();
    for (const auto& name : some) {
      if (may(call.context.settings.access, call.caller, Action::kPull, name)) names.push_back(name);
    }
  }
  const bool more = page.entries > 0 && names.size() > page.entries;
  if (more) names.resize(page.entries);
  auto response = answer(json::object{{"repositories", json::array(names.begin(), names.end())}}, "application/json");
  if (more) add_next(response, call, page.entries, names.back());
  return response;
}

}  // namespace davit::registry
