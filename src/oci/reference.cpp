#include "oci/reference.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"

namespace davit::oci {

namespace {

using base::Code;
using base::Error;

constexpr std::string_view kDefaultDomain = "docker.io";
constexpr std::string_view kLegacyDefaultDomain = "index.docker.io";
constexpr std::string_view kOfficialPrefix = "library/";
constexpr std::size_t kMaxPathBytes = 255;
constexpr std::size_t kMinDigestHex = 32;  // shorter ones are no digest by the grammar

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
bool is_alnum(char c) { return is_lower_alnum(c) || is_upper(c); }
bool is_hex_any_case(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

[[noreturn]] void refuse() { throw Error(Code::kInvalidArgument, "invalid reference format"); }

[[noreturn]] void refuse_uppercase(std::string_view repository, Words words) {
  const std::string named = words == Words::kClient ? " (" + base::printable(repository) + ")" : "";
  throw Error::format(Code::kInvalidArgument, "invalid reference format: repository name{} must be lowercase", named);
}

// [a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9], joined by dots.
bool is_domain_name(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    if (!all(label, [](char c) { return is_alnum(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// A domain name, or an IPv6 address in brackets; then a port or none.
bool is_domain(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || close == 1) return false;
    if (!all(text.substr(1, close - 1), [](char c) { return is_hex_any_case(c) || c == ':'; })) return false;
    port = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    if (!is_domain_name(text.substr(0, colon))) return false;
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  return port.empty() || (port.size() > 1 && port.front() == ':' && all(port.substr(1), is_digit));
}

// [a-z0-9]+ joined by one of: '.', '_', '__', any number of '-'.
bool is_path_component(std::string_view text) {
  std::size_t i = 0;
  const auto skip_alnum = [&] {
    const std::size_t begin = i;
    while (i < text.size() && is_lower_alnum(text[i])) ++i;
    return i > begin;
  };
  for (;;) {
    if (!skip_alnum()) return false;
    if (i == text.size()) return true;
    if (text[i] == '-') {
      while (i < text.size() && text[i] == '-') ++i;
    } else if (text.substr(i).starts_with("__")) {
      i += 2;
    } else if (text[i] == '.' || text[i] == '_') {
      ++i;
    } else {
      return false;
    }
  }
}

bool is_path(std::string_view text) {
  for (;;) {
    const std::size_t slash = text.find('/');
    if (!is_path_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

// Whether docker takes the part before the first slash for a registry rather than for a namespace of Docker Hub.
bool looks_like_domain(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:") != std::string_view::npos ||
         std::any_of(first.begin(), first.end(), is_upper);
}

// algorithm:hex as the grammar has it; whether davit knows the algorithm is Digest's to say.
bool is_digest_shaped(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view algorithm = text.substr(0, colon);
  const std::string_view hex = text.substr(colon + 1);
  if (hex.size() < kMinDigestHex || !all(hex, is_hex_any_case)) return false;
  for (;;) {
    const std::size_t separator = algorithm.find_first_of("-_+.");
    const std::string_view part = algorithm.substr(0, separator);
    if (part.empty() || is_digit(part.front()) || !all(part, is_alnum)) return false;
    if (separator == std::string_view::npos) return true;
    algorithm.remove_prefix(separator + 1);
  }
}

struct Name {
  std::string domain;
  std::string remainder;  // path, and whatever follows it
};

Name split_domain(std::string_view text) {
  const std::size_t slash = text.find('/');
  Name name{std::string(kDefaultDomain), std::string(text)};
  if (slash != std::string_view::npos && looks_like_domain(text.substr(0, slash))) {
    name.domain = text.substr(0, slash);
    name.remainder = text.substr(slash + 1);
  }
  if (name.domain == kLegacyDefaultDomain) name.domain = kDefaultDomain;
  if (name.domain == kDefaultDomain && name.remainder.find('/') == std::string::npos) {
    name.remainder.insert(0, kOfficialPrefix);
  }
  return name;
}

}  // namespace

bool is_valid_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || text.front() == '.' || text.front() == '-') return false;
  return all(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

Reference Reference::parse(std::string_view text, Words words) {
  if (text.size() == 64 && base::is_hex(text)) {
    throw Error::format(Code::kInvalidArgument,
                        "invalid repository name ({}), cannot specify 64-byte hexadecimal strings", text);
  }
  Name name = split_domain(text);
  std::string_view rest = name.remainder;
  if (const std::string_view path = rest.substr(0, rest.find(':')); std::any_of(path.begin(), path.end(), is_upper)) {
    refuse_uppercase(path, words);
  }

  Reference out;
  std::string_view digest;
  const std::size_t at = rest.find('@');
  if (at != std::string_view::npos) {
    digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_digest_shaped(digest)) refuse();
  }
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    const std::string_view tag = rest.substr(colon + 1);
    if (!is_valid_tag(tag)) refuse();
    out.tag_ = tag;
    rest = rest.substr(0, colon);
  }
  if (!is_path(rest)) refuse();
  if (!is_domain(name.domain)) {
    // Taken for a registry because of its capitals alone: as a namespace it would be good in lower case.
    if (is_path_component(base::to_lower(name.domain)) && name.domain.find('.') == std::string::npos) {
      refuse_uppercase(name.domain + "/" + std::string(rest), words);
    }
    refuse();
  }
  if (rest.size() > kMaxPathBytes) {
    throw Error::format(Code::kInvalidArgument, "repository name must not be more than {} characters", kMaxPathBytes);
  }
  out.repository_.path_ = rest;
  out.repository_.domain_ = std::move(name.domain);
  if (at != std::string_view::npos) out.digest_ = Digest::parse(digest);
  return out;
}

Reference Reference::parse_tagged(std::string_view text, Words words) {
  Reference out = parse(text, words);
  if (!out.tag_ && !out.digest_) out.tag_ = "latest";
  return out;
}

Reference Reference::with_tag(RepositoryName repository, std::string tag) {
  if (!is_valid_tag(tag)) {
    throw Error::format(Code::kInvalidArgument, "invalid tag format: '{}'", base::printable(tag));
  }
  Reference out;
  out.repository_ = std::move(repository);
  out.tag_ = std::move(tag);
  return out;
}

Reference Reference::with_digest(RepositoryName repository, Digest digest) {
  Reference out;
  out.repository_ = std::move(repository);
  out.digest_ = std::move(digest);
  return out;
}

RepositoryName RepositoryName::parse(std::string_view text) {
  const Reference reference = Reference::parse(text);
  if (reference.tag() || reference.digest()) refuse();
  return reference.repository();
}

std::string RepositoryName::familiar() const {
  if (domain_ != kDefaultDomain) return text();
  const std::string_view path = path_;
  if (path.starts_with(kOfficialPrefix)) {
    const std::string_view rest = path.substr(kOfficialPrefix.size());
    const bool is_identifier = rest.size() == 64 && base::is_hex(rest);
    if (rest.find('/') == std::string_view::npos && !is_identifier) return std::string(rest);
  }
  // The short form must mean the same when it is read again: not so where it begins like a registry's name.
  if (looks_like_domain(path.substr(0, path.find('/')))) return text();
  return path_;
}

namespace {

std::string with_suffixes(std::string name, const std::optional<std::string>& tag,
                          const std::optional<Digest>& digest) {
  if (tag) name += ":" + *tag;
  if (digest) name += "@" + digest->text();
  return name;
}

}  // namespace

std::string Reference::text() const { return with_suffixes(repository_.text(), tag_, digest_); }

std::string Reference::familiar() const { return with_suffixes(repository_.familiar(), tag_, digest_); }

std::optional<HistoryReference> parse_history_reference(std::string_view text) {
  const std::size_t at = text.rfind("@{");
  if (at == std::string_view::npos || !text.ends_with('}')) return std::nullopt;
  const std::string_view number = text.substr(at + 2, text.size() - at - 3);
  unsigned index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc() || end != number.data() + number.size()) {
    throw Error::format(
        Code::kInvalidArgument,
        "invalid history reference '{}': between the braces stands how many moves ago, as in name:tag@{{1}}",
        base::printable(text));
  }
  Reference reference = Reference::parse_tagged(text.substr(0, at));
  if (reference.digest()) {
    throw Error::format(Code::kInvalidArgument,
                        "invalid history reference '{}': a digest has no history, only a tag has",
                        base::printable(text));
  }
  return HistoryReference{std::move(reference), index};
}

}  // namespace davit::oci
