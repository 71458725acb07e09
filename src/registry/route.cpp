#include "registry/route.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "http/request.h"

namespace davit::registry {

namespace {

constexpr std::string_view kPrefix = "/v2/";
constexpr std::size_t kLongestName = 255;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// One separator: ".", "_", "__" or any number of "-".
bool is_separator(std::string_view text) {
  return text == "." || text == "_" || text == "__" || text.find_first_not_of('-') == std::string_view::npos;
}

bool is_component(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto* separator = std::find_if_not(text.begin() + begin, text.end(), is_alphanumeric);
    if (separator == text.end()) return true;
    const auto* next = std::find_if(separator, text.end(), is_alphanumeric);
    if (!is_separator({separator, static_cast<std::size_t>(next - separator)})) return false;
    begin = static_cast<std::size_t>(next - text.begin());
  }
  return true;
}

// The text before its last '/', and what comes after it.
std::string_view split_last(std::string_view& text) {
  const std::size_t slash = text.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? text : text.substr(slash + 1);
  text = slash == std::string_view::npos ? std::string_view() : text.substr(0, slash);
  return last;
}

}  // namespace

bool is_repository_name(std::string_view text) {
  if (text.size() > kLongestName) return false;
  while (true) {
    const std::size_t slash = text.find('/');
    if (!is_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

std::optional<Route> parse_route(std::string_view encoded) {
  // Nothing in a path needs to be encoded but the ':' of a digest, which some clients do.
  std::string decoded;
  if (encoded.find('%') != std::string_view::npos) {
    auto text = http::percent_decode(encoded);
    if (!text) return std::nullopt;
    // An encoded slash is none.
    if (std::count(text->begin(), text->end(), '/') != std::count(encoded.begin(), encoded.end(), '/'))
      return std::nullopt;
    decoded = std::move(*text);
    encoded = decoded;
  }
  if (encoded == "/v2/" || encoded == "/v2") return Route{Place::kBase, {}, {}};
  if (encoded == "/v2/_catalog") return Route{Place::kCatalog, {}, {}};
  if (!encoded.starts_with(kPrefix)) return std::nullopt;
  std::string_view rest = encoded.substr(kPrefix.size());
  const std::string_view last = split_last(rest);
  const std::string_view before = split_last(rest);
  const auto found = [&](Place place, std::string_view reference) -> std::optional<Route> {
    if (rest.empty()) return std::nullopt;
    return Route{place, std::string(rest), std::string(reference)};
  };
  if (before == "tags" && last == "list") return found(Place::kTags, {});
  if (before == "uploads" || (before == "blobs" && last == "uploads")) {
    // ".../blobs/uploads/", ".../blobs/uploads" and ".../blobs/uploads/ID"
    if (before == "uploads" && split_last(rest) != "blobs") return std::nullopt;
    return last.empty() || before == "blobs" ? found(Place::kUploads, {}) : found(Place::kUpload, last);
  }
  if (before == "manifests") return found(Place::kManifest, last);
  if (before == "blobs") return found(Place::kBlob, last);
  if (before == "referrers") return found(Place::kReferrers, last);
  return std::nullopt;
}

}  // namespace davit::registry
