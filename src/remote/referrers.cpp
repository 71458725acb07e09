#include "remote/referrers.h"

#include "base/error.h"
#include "base/strings.h"
#include "oci/manifest.h"
#include "remote/client_state.h"
#include "remote/link.h"
#include "remote/registry_error.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMaxPages = 1'000;
constexpr std::size_t kMaxReferrers = 10'000;  // a page may hold twice as many

bool is_index(const http::ResponseHead& answer) {
  const std::string type = answer.headers.get("Content-Type").value_or("");
  return base::trim(std::string_view(type).substr(0, type.find(';'))) == oci::media_type::kOciIndex;
}

}  // namespace

std::optional<std::vector<oci::Descriptor>> list_referrers(RegistryClient& client,
                                                           const oci::RepositoryName& repository,
                                                           const oci::Digest& subject) {
  std::vector<oci::Descriptor> found;
  Call call{.target = repository_target(repository) + "referrers/" + subject.text(),
            .scopes = {Scope::pull(repository)}};
  call.headers.set("Accept", std::string(oci::media_type::kOciIndex));
  for (std::size_t pages = 0; pages < kMaxPages; ++pages) {
    base::StringSink page(oci::kMaxManifestBytes);
    call.choose = [&page](const http::ResponseHead&) {
      page.take();
      return &page;
    };
    const http::Response response = client.session().send_with_retries(call);
    const bool unknown = response.status == 404 || response.status == 405 || response.status == 501;
    // A registry behind a web page may answer any path with it.
    if (pages == 0 && (unknown || (response.ok() && !is_index(response)))) return std::nullopt;
    if (!response.ok()) throw to_error(call.method, response);
    for (oci::Descriptor& one : oci::Index::parse(page.text(), oci::media_type::kOciIndex).manifests) {
      found.push_back(std::move(one));
    }
    if (found.size() > kMaxReferrers) break;
    const auto next = next_link(response.headers.all("Link"));
    if (!next) return found;
    const http::Url url = response.url.resolve(*next);
    if (call.url && call.url->text() == url.text()) break;
    call.url = url;
  }
  throw Error::format(Code::kUnavailable, "the referrers of {} in {} are too many or do not end", subject.text(),
                      repository.familiar());
}

std::string referrers_tag(const oci::Digest& subject) {
  constexpr std::size_t kMostHex = 64;  // the tag schema cuts longer digests
  return std::string(oci::name(subject.algorithm())) + "-" + subject.hex().substr(0, kMostHex);
}

}  // namespace davit::remote
