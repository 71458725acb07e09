// Tags: distribution-spec v1.1.1, "Listing Tags".

#include <boost/json.hpp>

#include "base/error.h"
#include "base/strings.h"
#include "remote/client_state.h"
#include "remote/link.h"
#include "remote/registry_error.h"

namespace davit::remote {

namespace json = boost::json;
using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMaxPageBytes = 16 * 1024 * 1024;  // some registries give all tags in one page
constexpr std::size_t kMaxPages = 10'000;
constexpr std::size_t kMaxTags = 1'000'000;
constexpr char kPageSize[] = "1000";

void append_tags(const std::string& page, const http::Url& url, std::vector<std::string>& tags) {
  json::error_code error;
  const json::value body = json::parse(page, error);
  const json::value* list = !error && body.is_object() ? body.as_object().if_contains("tags") : nullptr;
  if (list != nullptr && list->is_null()) return;  // a repository whose tags are all gone
  if (list == nullptr || !list->is_array()) {
    throw Error::format(Code::kUnavailable, "{}: the answer is no list of tags", http::describe("GET", url));
  }
  for (const auto& tag : list->as_array()) {
    if (!tag.is_string() || !oci::is_valid_tag(tag.as_string())) {
      throw Error::format(Code::kUnavailable, "{}: the answer has an invalid tag in it", http::describe("GET", url));
    }
    tags.emplace_back(tag.as_string());
  }
}

}  // namespace

std::vector<std::string> RegistryClient::list_tags(const oci::RepositoryName& repository) {
  std::vector<std::string> tags;
  Call call{.target = repository_target(repository) + "tags/list?n=" + kPageSize, .scopes = {Scope::pull(repository)}};
  for (std::size_t pages = 0; pages < kMaxPages; ++pages) {
    base::StringSink page(kMaxPageBytes);
    call.choose = [&page](const http::ResponseHead&) {
      page.take();
      return &page;
    };
    const http::Response response = state_->session.send_with_retries(call);
    if (!response.ok()) {
      if (response.status != 404) throw to_error(call.method, response);
      // dockerd's words.
      std::string message = "repository " + repository.familiar() + " not found";
      if (!errors_of(response).empty()) message += ": " + to_error(call.method, response).message();
      throw Error(Code::kNotFound, std::move(message));
    }
    append_tags(page.text(), response.url, tags);
    if (tags.size() > kMaxTags) break;
    const auto next = next_link(response.headers.all("Link"));
    if (!next) return tags;
    const http::Url url = response.url.resolve(*next);
    if (call.url && call.url->text() == url.text()) break;
    call.url = url;
  }
  throw Error::format(Code::kUnavailable, "the tags of {} are too many or do not end", repository.familiar());
}

}  // namespace davit::remote
