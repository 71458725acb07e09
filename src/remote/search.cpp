#include "remote/search.h"

#include "base/error.h"
#include "oci/json.h"
#include "remote/client_state.h"
#include "remote/registry_error.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

bool flag(const oci::json::Node& node, std::string_view key) {
  const auto member = node.find(key);
  return member && member->boolean();
}

FoundRepository read(const oci::json::Node& node) {
  FoundRepository found{.name = node.at("name").string(),
                        .description = node.string_or_empty("description"),
                        .official = flag(node, "is_official"),
                        .automated = flag(node, "is_automated")};
  if (const auto stars = node.find("star_count")) found.stars = stars->integer();
  return found;
}

Error no_search(const http::Response& response, std::string_view why) {
  return Error::format(Code::kNotSupported,
                       "{} has no search: {} {}. Search is Docker Hub's and of registries of docker's first protocol; "
                       "'davit tags ls' lists the tags of a repository that you know",
                       response.url.authority(), http::describe("GET", response.url), why);
}

}  // namespace

std::vector<FoundRepository> search(RegistryClient& client, const std::string& term, int limit) {
  base::StringSink body(oci::json::Limits().bytes);
  Call call{.target = "/v1/search?q=" + http::percent_encode(term) + "&n=" + std::to_string(limit), .scopes = {}};
  call.choose = [&body](const http::ResponseHead&) {
    body.take();
    return &body;
  };
  const http::Response response = client.session().send_with_retries(call);
  if (response.status == 404 || response.status == 405 || response.status == 410 || response.status == 501) {
    throw no_search(response, "is answered " + response.status_text());
  }
  if (!response.ok()) throw to_error(call.method, response);
  std::vector<FoundRepository> found;
  try {
    const auto document = oci::json::Document::parse(body.text(), "answer");
    document.root().at("results").each_element([&](const oci::json::Node& node) { found.push_back(read(node)); });
  } catch (const Error& e) {
    throw no_search(response, "is answered by something else (" + e.message() + ")");
  }
  return found;
}

}  // namespace davit::remote
